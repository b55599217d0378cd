/** Which findings a process cannot run with, and each as an error: its code is the finding's, its hint the remedy. */
import { type ErrorPolicy, errorsOf, type MediaError } from '@supabase-media/core/errors';
import { FINDINGS, type Finding, type FindingCode } from './findings.ts';

/** Everything that would be asked of the process fails. The value: whether it may pass without anybody's doing. */
const BLOCKING: Readonly<Partial<Record<FindingCode, 'passes' | 'stays'>>> = {
  queue_not_configured: 'stays',
  queue_unreachable: 'passes',
  queue_unauthorized: 'stays',
  queue_encryption: 'stays',
  queue_full: 'passes',
  queue_ipv6_only: 'stays',
  redis_read_only: 'stays',
  redis_too_old: 'stays',
  postgres_too_old: 'stays',
  postgres_read_only: 'stays',
  postgres_pooler_drops_search_path: 'stays',
  postgres_cannot_create: 'stays',
  supabase_not_configured: 'stays',
  url_of_one_api: 'stays',
  url_scheme_wrong: 'stays',
  storage_unreachable: 'passes',
  storage_not_supabase: 'stays',
  storage_unauthorized: 'stays',
  storage_failing: 'passes',
  key_not_service_role: 'stays',
  key_expired: 'stays',
  key_other_project: 'stays',
  bucket_missing: 'stays',
  database_unreachable: 'passes',
  migrations_missing: 'stays',
  jwt_secret_missing: 'stays',
};

const POLICIES = Object.fromEntries(
  Object.entries(FINDINGS).map(([code, { meaning, remedy }]) => [code, { retry: 'never', meaning, hint: remedy }]),
) as unknown as Readonly<Record<FindingCode, ErrorPolicy>>;

const findingError = errorsOf(POLICIES);

const behaviourOf = ({ code }: Finding) => (code === 'ok' ? undefined : BLOCKING[code]);

/** The first finding that a process cannot run with, as an error; undefined when there is none. */
export function blockingError(findings: readonly Finding[]): MediaError | undefined {
  const finding = findings.find((each) => behaviourOf(each) !== undefined);
  if (finding === undefined || finding.code === 'ok') return undefined;
  const { code, message, remedy } = finding;
  return findingError({ code, message, ...(remedy !== undefined && { hint: remedy }) });
}

/**
 * Refuses to go on with a finding that blocks the process.
 *
 * @param options.waits go on where the cause may pass: the process waits for it then.
 * @throws {MediaError} with the finding's code and remedy.
 */
export function assertCanWork(findings: readonly Finding[], options: { readonly waits?: boolean } = {}): void {
  const error = blockingError(options.waits ? findings.filter((each) => behaviourOf(each) === 'stays') : findings);
  if (error !== undefined) throw error;
}
