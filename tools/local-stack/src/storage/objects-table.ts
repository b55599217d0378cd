/** Queries on storage.objects. */
import { toUuid } from './buckets-table.ts';
import type { Transaction } from './database.ts';
import { REFUSALS } from './storage-error.ts';

/** The `metadata` column, in the shape that Storage writes (measured, 1.11.2). */
export interface ObjectMetadata {
  /** MD5 in hexadecimal, in double quotes. */
  readonly eTag: string;
  readonly size: number;
  readonly mimetype: string;
  readonly cacheControl: string;
  /** ISO 8601. */
  readonly lastModified: string;
  readonly contentLength: number;
  readonly httpStatusCode: 200;
}

export type UserMetadata = Readonly<Record<string, unknown>>;

export interface StoredObject {
  readonly id: string;
  readonly bucket_id: string;
  readonly name: string;
  readonly owner_id: string | null;
  /** Names the file on disk; a new one for every content. */
  readonly version: string;
  readonly metadata: ObjectMetadata;
  readonly user_metadata: UserMetadata | null;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly last_accessed_at: Date;
}

const COLUMNS =
  'id, bucket_id, name, owner_id, version, metadata, user_metadata, created_at, updated_at, last_accessed_at';

/** The object, or undefined where there is none that the transaction's role may see. */
export async function findObject(
  transaction: Transaction,
  bucket: string,
  name: string,
): Promise<StoredObject | undefined> {
  const { rows } = await transaction.query<StoredObject>(
    `select ${COLUMNS} from storage.objects where bucket_id = $1 and name = $2`,
    [bucket, name],
  );
  return rows[0];
}

/** @throws StorageError NoSuchKey */
export async function getObject(transaction: Transaction, bucket: string, name: string): Promise<StoredObject> {
  const found = await findObject(transaction, bucket, name);
  if (!found) throw REFUSALS.noObject();
  return found;
}

export interface NewObject {
  readonly bucket: string;
  readonly name: string;
  readonly version: string;
  readonly owner: string | undefined;
  readonly metadata: Partial<ObjectMetadata>;
  readonly userMetadata: UserMetadata | undefined;
}

/**
 * Writes the row; with `upsert` over one that is there, whose id stays.
 * @throws StorageError KeyAlreadyExists, NoSuchBucket, or AccessDenied by policy
 */
export async function writeObject(transaction: Transaction, object: NewObject, upsert: boolean): Promise<void> {
  await transaction.query(
    `insert into storage.objects (bucket_id, name, owner, owner_id, version, metadata, user_metadata)
     values ($1, $2, $3, $4, $5, $6, $7)
     ${
       upsert
         ? `on conflict (bucket_id, name) do update set owner = excluded.owner, owner_id = excluded.owner_id,
              version = excluded.version, metadata = excluded.metadata, user_metadata = excluded.user_metadata,
              updated_at = now()`
         : ''
     }`,
    [
      object.bucket,
      object.name,
      toUuid(object.owner),
      object.owner ?? null,
      object.version,
      object.metadata,
      object.userMetadata ?? null,
    ],
  );
}

/** Keeps others from writing the same name until the transaction ends. */
export async function lockObjectName(transaction: Transaction, bucket: string, name: string): Promise<void> {
  await transaction.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`${bucket}/${name}`]);
}

/** Deletes what the role may, and returns it. */
export async function deleteObjects(
  transaction: Transaction,
  bucket: string,
  names: readonly string[],
): Promise<StoredObject[]> {
  const { rows } = await transaction.query<StoredObject>(
    `delete from storage.objects where bucket_id = $1 and name = any($2) returning ${COLUMNS}`,
    [bucket, names],
  );
  return rows;
}

/** How many objects the bucket holds, all of them counted. */
export async function countObjects(transaction: Transaction, bucket: string): Promise<number> {
  const { rows } = await transaction.query<{ count: string }>(
    'select count(*) from storage.objects where bucket_id = $1',
    [bucket],
  );
  return Number(rows[0]?.count ?? 0);
}

/** Names of all objects of the bucket that the role may see. */
export async function listObjectNames(transaction: Transaction, bucket: string): Promise<string[]> {
  const { rows } = await transaction.query<{ name: string }>('select name from storage.objects where bucket_id = $1', [
    bucket,
  ]);
  return rows.map((row) => row.name);
}
