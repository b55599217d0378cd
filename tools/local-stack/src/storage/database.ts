/**
 * Storage uses its tables either as itself or as the caller, under row-level security. For the latter it sets the role
 * and the claims for one transaction, which policies read through auth.uid() and auth.jwt().
 */
import { DatabaseError, type Pool, type PoolClient } from 'pg';
import type { Caller } from './caller.ts';
import { REFUSALS, refuseAccess, StorageError } from './storage-error.ts';

export type Transaction = PoolClient;

const CALLER_SQL = `
select set_config('role', $1, true), set_config('request.jwt.claim.role', $1, true),
  set_config('request.jwt.claim.sub', $2, true), set_config('request.jwt.claims', $3, true),
  set_config('storage.operation', $4, true), set_config('storage.allow_delete_query', 'true', true)
`;

export class StorageDatabase {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** Runs `work` in a transaction without row-level security. */
  asStorage<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    return this.#transact('commit', async (client) => {
      await client.query("select set_config('storage.allow_delete_query', 'true', true)");
      return work(client);
    });
  }

  /** Runs `work` in a transaction as the caller. `operation` is what storage.operation() says inside. */
  asCaller<T>(caller: Caller, operation: string, work: (transaction: Transaction) => Promise<T>): Promise<T> {
    return this.#transact('commit', async (client) => {
      await become(client, caller, operation);
      return work(client);
    });
  }

  /** Runs `work` as the caller and undoes it: whether it would be allowed, before the body of an upload is read. */
  async testAsCaller(
    caller: Caller,
    operation: string,
    work: (transaction: Transaction) => Promise<unknown>,
  ): Promise<void> {
    await this.#transact('rollback', async (client) => {
      await become(client, caller, operation);
      await work(client);
    });
  }

  /** As {@link testAsCaller}, for what a signed URL has allowed: duplicates and missing buckets still count. */
  async testAsStorage(work: (transaction: Transaction) => Promise<unknown>): Promise<void> {
    await this.#transact('rollback', work);
  }

  async #transact<T>(end: 'commit' | 'rollback', work: (client: PoolClient) => Promise<T>): Promise<T> {
    const client = await this.#pool.connect();
    let broken: Error | undefined;
    try {
      await client.query('begin');
      const result = await work(client);
      await client.query(end);
      return result;
    } catch (error) {
      await client.query('rollback').catch((failure: Error) => {
        broken = failure;
      });
      throw translate(error);
    } finally {
      client.release(broken);
    }
  }
}

async function become(client: PoolClient, caller: Caller, operation: string): Promise<void> {
  await client.query(CALLER_SQL, [
    caller.role,
    caller.owner ?? '',
    JSON.stringify(caller.claims),
    `storage.${operation}`,
  ]);
}

/** Maps PostgreSQL's error codes to Storage's errors. */
function translate(error: unknown): unknown {
  if (!(error instanceof DatabaseError)) return error;
  switch (error.code) {
    case '42501':
      return error.message.includes('row-level security') ? REFUSALS.policy(error) : refuseAccess(error.message, error);
    case '23505':
      return error.table === 'buckets' ? REFUSALS.bucketExists(error) : REFUSALS.keyExists(error);
    case '23503':
      return REFUSALS.noBucket(error);
    case '22023': // The token names a role that the database does not have.
      return refuseAccess(error.message, error);
    case '22P02':
      return new StorageError({ status: 400, code: 'InvalidParameter', message: error.message, cause: error });
    default:
      return new StorageError({ status: 500, code: 'DatabaseError', message: error.message, cause: error });
  }
}
