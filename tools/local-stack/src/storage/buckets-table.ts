/** Queries on storage.buckets. */

import type { Transaction } from './database.ts';
import type { BucketRules } from './limits.ts';
import { REFUSALS } from './storage-error.ts';

export interface Bucket extends BucketRules {
  readonly id: string;
  readonly name: string;
  readonly owner: string | null;
  readonly public: boolean;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

interface BucketRow {
  id: string;
  name: string;
  owner_id: string | null;
  public: boolean | null;
  file_size_limit: string | null;
  allowed_mime_types: string[] | null;
  created_at: Date;
  updated_at: Date;
}

const COLUMNS = 'id, name, owner_id, public, file_size_limit, allowed_mime_types, created_at, updated_at';

/** @throws StorageError NoSuchBucket */
export async function findBucket(transaction: Transaction, id: string): Promise<Bucket> {
  const { rows } = await transaction.query<BucketRow>(`select ${COLUMNS} from storage.buckets where id = $1`, [id]);
  if (!rows[0]) throw REFUSALS.noBucket();
  return toBucket(rows[0]);
}

export interface BucketListOptions {
  readonly limit: number | undefined;
  readonly offset: number;
  readonly column: 'id' | 'name' | 'created_at' | 'updated_at';
  readonly descending: boolean;
  /** Part of the name, any case. */
  readonly search: string | undefined;
}

export async function listBuckets(transaction: Transaction, options: BucketListOptions): Promise<Bucket[]> {
  const { rows } = await transaction.query<BucketRow>(
    `select ${COLUMNS} from storage.buckets
     where $1::text is null or position(lower($1) in lower(name)) > 0
     order by ${options.column} ${options.descending ? 'desc' : 'asc'} limit $2 offset $3`,
    [options.search ?? null, options.limit ?? null, options.offset],
  );
  return rows.map(toBucket);
}

export interface NewBucket extends BucketRules {
  readonly id: string;
  readonly name: string;
  readonly owner: string | undefined;
  readonly public: boolean;
}

/** @throws StorageError BucketAlreadyExists */
export async function insertBucket(transaction: Transaction, bucket: NewBucket): Promise<void> {
  await transaction.query(
    `insert into storage.buckets (id, name, owner, owner_id, public, file_size_limit, allowed_mime_types)
     values ($1, $2, $3, $4, $5, $6, $7)`,
    [
      bucket.id,
      bucket.name,
      toUuid(bucket.owner),
      bucket.owner ?? null,
      bucket.public,
      bucket.fileSizeLimit,
      bucket.allowedMimeTypes,
    ],
  );
}

/** What is undefined stays as it is. */
export interface BucketChange {
  readonly public: boolean | undefined;
  readonly fileSizeLimit: number | null | undefined;
  readonly allowedMimeTypes: readonly string[] | null | undefined;
}

/** @throws StorageError NoSuchBucket when there is none that the caller may change */
export async function updateBucket(transaction: Transaction, id: string, change: BucketChange): Promise<void> {
  const { rowCount } = await transaction.query(
    `update storage.buckets set
       public = case when $2 then $3 else public end,
       file_size_limit = case when $4 then $5::bigint else file_size_limit end,
       allowed_mime_types = case when $6 then $7::text[] else allowed_mime_types end,
       updated_at = now()
     where id = $1`,
    [
      id,
      change.public !== undefined,
      change.public ?? null,
      change.fileSizeLimit !== undefined,
      change.fileSizeLimit ?? null,
      change.allowedMimeTypes !== undefined,
      change.allowedMimeTypes ?? null,
    ],
  );
  if (rowCount === 0) throw REFUSALS.noBucket();
}

/** @throws StorageError NoSuchBucket when there is none that the caller may delete */
export async function deleteBucket(transaction: Transaction, id: string): Promise<void> {
  const { rowCount } = await transaction.query('delete from storage.buckets where id = $1', [id]);
  if (rowCount === 0) throw REFUSALS.noBucket();
}

/** The deprecated `owner` columns hold uuids only; a token's `sub` may be any text. */
export function toUuid(value: string | undefined): string | null {
  return value !== undefined && /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i.test(value) ? value : null;
}

function toBucket(row: BucketRow): Bucket {
  return {
    id: row.id,
    name: row.name,
    owner: row.owner_id,
    public: row.public ?? false,
    fileSizeLimit: row.file_size_limit === null ? null : Number(row.file_size_limit),
    allowedMimeTypes: row.allowed_mime_types,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
