/** POST `/object/list/{bucket}`: one level of the tree, folders (which are no objects) with id null. */
import { findBucket } from './buckets-table.ts';
import { readCaller } from './caller.ts';
import type { Transaction } from './database.ts';
import { type Exchange, readJson, sendJson } from './exchange.ts';
import type { StorageService } from './service.ts';
import { refuseRequest } from './storage-error.ts';

interface ListedEntry {
  /** Relative to the prefix. */
  readonly name: string;
  readonly id: string | null;
  readonly updated_at: Date | null;
  readonly created_at: Date | null;
  readonly last_accessed_at: Date | null;
  readonly metadata: unknown;
}

const SORTABLE = ['name', 'updated_at', 'created_at', 'last_accessed_at'] as const;

interface ListOptions {
  readonly prefix: string;
  readonly search: string;
  readonly limit: number;
  readonly offset: number;
  readonly column: (typeof SORTABLE)[number];
  readonly descending: boolean;
}

export async function listObjectsRoute(service: StorageService, exchange: Exchange, bucket: string): Promise<void> {
  const caller = await readCaller(exchange.request, service.verify);
  const options = readListOptions(await readJson(exchange.request));
  const entries = await service.database.asCaller(caller, 'object.list', (transaction) =>
    listLevel(transaction, bucket, options),
  );
  if (entries.length === 0) await service.database.asStorage((transaction) => findBucket(transaction, bucket));
  sendJson(exchange, entries);
}

/** @throws StorageError InvalidRequest */
function readListOptions(body: Record<string, unknown>): ListOptions {
  if (typeof body.prefix !== 'string') throw refuseRequest("body must have required property 'prefix'");
  const sortBy = typeof body.sortBy === 'object' && body.sortBy !== null ? Object.entries(body.sortBy) : [];
  const sort = new Map<string, unknown>(sortBy);
  const column = SORTABLE.find((name) => name === (sort.get('column') ?? 'name'));
  if (!column) throw refuseRequest('body/sortBy/column must be equal to one of the allowed values');
  return {
    // A prefix is always a folder.
    prefix: body.prefix === '' || body.prefix.endsWith('/') ? body.prefix : `${body.prefix}/`,
    search: typeof body.search === 'string' ? body.search : '',
    limit: readCount(body.limit, 'limit', 1) ?? 100,
    offset: readCount(body.offset, 'offset', 0) ?? 0,
    column,
    descending: sort.get('order') === 'desc',
  };
}

function readCount(value: unknown, name: string, minimum: number): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (!Number.isInteger(value) || Number(value) < minimum) throw refuseRequest(`body/${name} must be >= ${minimum}`);
  return Number(value);
}

async function listLevel(transaction: Transaction, bucket: string, options: ListOptions): Promise<ListedEntry[]> {
  const direction = options.descending ? 'desc' : 'asc';
  const { rows } = await transaction.query<ListedEntry>(
    `with below as (
       select *, substr(name, length($2) + 1) as rest from storage.objects
       where bucket_id = $1 and starts_with(lower(name), lower($2 || $3))
     ), level as (
       select rest as name, id, updated_at, created_at, last_accessed_at, metadata from below
       where position('/' in rest) = 0
       union all
       select distinct split_part(rest, '/', 1), null::uuid, null::timestamptz, null::timestamptz,
         null::timestamptz, null::jsonb
       from below where position('/' in rest) > 0
     )
     select * from level order by (id is not null), ${options.column} ${direction}, name ${direction}
     limit $4 offset $5`,
    [bucket, options.prefix, options.search, options.limit, options.offset],
  );
  return rows;
}
