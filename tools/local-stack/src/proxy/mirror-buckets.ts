/** Makes the product's buckets, as the migrations put them into the local database, exist on the other server. */
import type { Pool } from 'pg';
import { StackError } from '../stack/stack-error.ts';

const TIMEOUT_MS = 15_000;

interface BucketRow {
  readonly id: string;
  readonly name: string;
  readonly public: boolean;
  readonly file_size_limit: string | null;
  readonly allowed_mime_types: string[] | null;
}

export interface MirrorOptions {
  readonly pool: Pool;
  readonly target: URL;
  readonly serviceRoleKey: string;
  readonly onNotice: (line: string) => void;
}

/**
 * Creates or updates each bucket through the other server's API. A bucket whose limit exceeds that of the server is
 * created without it, with a warning.
 * @throws StackError when the server cannot be reached or does not take our key
 */
export async function mirrorBuckets(options: MirrorOptions): Promise<void> {
  const { rows } = await options.pool.query<BucketRow>(
    'select id, name, public, file_size_limit, allowed_mime_types from storage.buckets order by id',
  );
  for (const row of rows) await mirrorBucket(options, row);
}

async function mirrorBucket(options: MirrorOptions, row: BucketRow): Promise<void> {
  const rules = { public: row.public, allowed_mime_types: row.allowed_mime_types };
  const limit = row.file_size_limit === null ? null : Number(row.file_size_limit);
  let code = await saveBucket(options, row, { ...rules, file_size_limit: limit });
  if (code === 'EntityTooLarge') {
    options.onNotice(
      `warning: ${options.target.origin} refuses ${limit} bytes as limit of ${row.id}; its own lower limit applies.`,
    );
    code = await saveBucket(options, row, rules);
  }
  if (code === undefined) return;
  throw new StackError(
    `The Storage server at ${options.target} refused to create the bucket ${row.id}: ${code}.`,
    'Give this stack the secret that server checks tokens with: --jwt-secret SECRET',
  );
}

/** @returns the code of the refusal, or undefined when the bucket is as wanted */
async function saveBucket(options: MirrorOptions, row: BucketRow, rules: object): Promise<string | undefined> {
  const created = await call(options, 'POST', '/bucket', { id: row.id, name: row.name, ...rules });
  if (created !== 'BucketAlreadyExists' && created !== 'ResourceAlreadyExists') return created;
  return call(options, 'PUT', `/bucket/${encodeURIComponent(row.id)}`, rules);
}

async function call(options: MirrorOptions, method: string, path: string, body: object): Promise<string | undefined> {
  const url = `${options.target.href.replace(/\/+$/, '')}${path}`;
  try {
    const response = await fetch(url, {
      method,
      headers: { authorization: `Bearer ${options.serviceRoleKey}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const text = await response.text();
    return response.ok ? undefined : readCode(text, response.status);
  } catch (error) {
    throw new StackError(
      `The Storage server at ${options.target} does not answer.`,
      'Start it first, or correct --storage-url: the URL to which /bucket and /object are added.',
      { cause: error },
    );
  }
}

function readCode(text: string, status: number): string {
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body === 'object' && body !== null && 'code' in body) return String(body.code);
  } catch {
    // Not Storage's own answer.
  }
  return `HTTP ${status}`;
}
