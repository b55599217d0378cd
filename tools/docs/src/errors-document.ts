/** `docs/errors.md`, written from the table of errors, so that every code has an entry. */
import { ERRORS, type ErrorPolicy } from '@supabase-media/core/errors';
import { JOB_TYPES } from '@supabase-media/worker/jobs/catalog';

const CLASSES: Readonly<Record<ErrorPolicy['retry'], string>> = {
  never: 'final: trying again would say the same',
  backoff: 'tried again after 1, 2, 4 … s',
  after: 'tried again, not before the moment that the server named',
  locked: 'tried again after a short wait that costs no attempt',
  ambiguous: 'may have succeeded: looked at before anything is sent again',
};

/** The common ones, then those that job types add. */
const TABLE: Readonly<Record<string, ErrorPolicy>> = Object.assign(
  {},
  ERRORS,
  ...JOB_TYPES.map(({ errors }) => errors),
);

/** The whole file. */
export function renderErrorsDocument(): string {
  const lines = [
    '# Error codes',
    '',
    'Written by `npm run docs:errors` from `packages/core/src/errors.ts` and the job',
    'types in `workers/media/src/jobs`. A message adds what happened, with the numbers.',
    '',
    '| class | meaning |',
    '| --- | --- |',
    ...Object.entries(CLASSES).map(([name, meaning]) => `| ${name} | ${meaning} |`),
    '',
    '| code | class | what it means | what to do |',
    '| --- | --- | --- | --- |',
    ...Object.entries(TABLE).map(
      ([code, { retry, meaning, hint }]) => `| \`${code}\` | ${retry} | ${meaning} | ${hint.replaceAll('|', '\\|')} |`,
    ),
  ];
  return `${lines.join('\n')}\n`;
}
