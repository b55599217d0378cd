/**
 * Compares a stored object with what its uploader said of the file: by the ETag, else by reading the object back. What
 * proves it is decided by `upload-protocol`; nothing is refused for an ETag alone.
 */
import type { ObjectInfo } from '@supabase-media/storage/object-info';
import {
  decideProof,
  learnEtagKind,
  type Proof,
  type VerifyPolicy,
} from '@supabase-media/upload-protocol/decide-proof';
import { readEtag } from '@supabase-media/upload-protocol/multipart-etag';
import { ApiError } from '../api-error.ts';
import type { UploadSession } from '../database/upload-session.ts';
import type { UploadStorage } from '../storage/upload-storage.ts';
import { createEtagMemory } from './etag-memory.ts';
import { createFairSlots } from './fair-slots.ts';

/** Objects that one process reads back at a time: each takes some of a core, and all of them Storage's bandwidth. */
const READINGS_MAX = 4;

/** Of one owner, who cannot keep the others waiting. */
const READINGS_PER_OWNER = 2;

/** What was compared. */
export interface ProvedObject {
  readonly verified: Proof;
  /** Where one was announced: then it is this. */
  readonly sha256?: string | undefined;
}

export interface ObjectProver {
  /**
   * Proves an object of the announced size.
   *
   * @throws {ApiError} `digest_mismatch` when other bytes are stored; `storage_unavailable` when they were replaced
   * meanwhile. {MediaError} when it cannot be read.
   */
  readonly prove: (session: UploadSession, object: ObjectInfo, signal: AbortSignal) => Promise<ProvedObject>;
}

export function createObjectProver({
  storage,
  policy,
}: {
  readonly storage: Pick<UploadStorage, 'digest' | 'info'>;
  readonly policy: VerifyPolicy;
}): ObjectProver {
  const hostEtags = createEtagMemory(Date.now);
  const slots = createFairSlots({ max: READINGS_MAX, maxPerOwner: READINGS_PER_OWNER });

  const decide = ({ digests }: UploadSession, { etag, size }: ObjectInfo): Proof | 'read-back' => {
    // Nothing to compare with.
    if (digests === undefined) return 'size';
    const fileEtags = [digests.md5, ...digests.etags];
    return decideProof({ policy, etag, fileEtags, size, hostEtags: hostEtags.kind() });
  };

  return {
    prove: async (session, object, signal) => {
      const decided = decide(session, object);
      if (decided !== 'read-back') hostEtags.learn(learnEtagKind(decided, object.etag));
      // An ETag says nothing of a SHA-256 that was announced.
      if (decided !== 'read-back' && session.sha256 === undefined) return { verified: decided };
      const stored = await slots.run(session.ownerId, signal, () => storage.digest(session, signal));
      assertSame(session, stored);
      // Its token may put another object there at any time: what was read must be what was described.
      const now = await storage.info(session);
      if (now?.etag !== object.etag || now?.version !== object.version) throw replaced(session);
      const said = readEtag(object.etag);
      const isMd5 = said.form === 'md5' && said.md5 === stored.md5;
      hostEtags.learn(learnEtagKind(isMd5 ? 'md5' : 'readback', object.etag));
      return { verified: 'readback', sha256: session.sha256 };
    },
  };
}

function assertSame(
  { digests, sha256 }: UploadSession,
  stored: { readonly md5: string; readonly sha256: string },
): void {
  const told = [
    ['MD5', digests?.md5, stored.md5],
    ['SHA-256', sha256, stored.sha256],
  ] as const;
  for (const [algorithm, announced, own] of told)
    if (announced !== undefined && announced !== own)
      throw new ApiError({
        code: 'digest_mismatch',
        message: `The stored bytes have another ${algorithm} (${own}) than the file (${announced}).`,
        details: { algorithm, announced, stored: own },
      });
}

const replaced = ({ bucket, path }: UploadSession): ApiError =>
  new ApiError({
    code: 'storage_unavailable',
    message: `The object ${bucket}/${path} was replaced while it was read.`,
    retryAfterSeconds: 1,
  });
