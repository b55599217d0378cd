/** What every handler of Storage needs, made once. */
import type { TokenVerifier } from '../api/verify-token.ts';
import type { BlobStore } from './blob-store.ts';
import type { StorageDatabase } from './database.ts';
import type { Limits } from './limits.ts';
import type { UrlSigner } from './signed-urls.ts';
import type { ObjectStore } from './store/object-store.ts';

export interface StorageService {
  readonly database: StorageDatabase;
  readonly blobs: BlobStore;
  readonly store: ObjectStore;
  readonly verify: TokenVerifier;
  readonly signer: UrlSigner;
  readonly limits: Limits;
}
