/**
 * The digests of a file, taken beside its upload: the bytes that Storage has acknowledged are read once more, in small
 * pieces, while the next ones are sent. Where the parts end is known only then; sending never waits for a digest, a resumed
 * upload reads what an earlier visit had sent, and no more than a piece is in memory.
 */
import { raceAbort } from '@supabase-media/core/race-abort';
import {
  createEtagDigest,
  type EtagDigest,
  growPartEnds,
  type Md5,
  WHOLE,
} from '@supabase-media/upload-protocol/multipart-etag';
import { md5 } from 'js-md5';
import type { UploadDigests } from '../contract.ts';
import type { UploadSource } from './upload-source.ts';

/** How much is read at a time, in bytes: a page answers between two pieces, on a slow phone after some 20 ms. */
const PIECE_BYTES = 512 * 1024;

/** What Storage has of one upload. */
export interface StoredSoFar {
  /** Another upload has parts of its own. Undefined: one request brings the whole file. */
  readonly uploadId: string | undefined;
  /** Where requests ended, in bytes, ascending; null: that is not known, so only the whole is digested. */
  readonly requestEnds: readonly number[] | null;
  /** In bytes. */
  readonly acknowledgedBytes: number;
}

export interface ContentDigest {
  /** More was acknowledged. */
  readonly advance: (stored: StoredSoFar) => void;
  /**
   * Everything was acknowledged.
   *
   * @returns undefined where the file can no longer be read: what was sent of it stays.
   * @throws the signal's reason when it ends the wait; it can be called again.
   */
  readonly finish: (signal: AbortSignal) => Promise<UploadDigests | undefined>;
  /** Nothing more is read. */
  readonly close: () => void;
}

/** One pass over the file, for one upload. */
interface Pass {
  readonly uploadId: string | undefined;
  readonly digest: EtagDigest;
  readonly endRequest: (end: number) => void;
  /** Those of {@link StoredSoFar.requestEnds} that are known to it. */
  known: readonly number[];
  /** Up to here it may read, in bytes. */
  limit: number;
  position: number;
  readonly hasParts: boolean;
}

/** Ends only come at the end, so the last one that was known tells. */
const isContinued = (before: readonly number[], now: readonly number[]): boolean =>
  before.length <= now.length && (before.length === 0 || before.at(-1) === now[before.length - 1]);

const scriptMd5 = (): Md5 => {
  const hash = md5.create();
  return { update: (bytes) => hash.update(bytes), digest: () => new Uint8Array(hash.arrayBuffer()) };
};

export function createContentDigest(source: UploadSource): ContentDigest {
  const { size, createMd5 = scriptMd5 } = source;
  let pass: Pass | undefined;
  let isClosed = false;
  let reading: Promise<boolean> | undefined;

  const begin = ({ uploadId, requestEnds }: StoredSoFar): Pass => {
    const { ends, endRequest } = growPartEnds(size);
    const hasParts = uploadId !== undefined && requestEnds !== null;
    const digest = createEtagDigest(hasParts ? [WHOLE, ends] : [WHOLE], createMd5);
    return { uploadId, digest, endRequest, hasParts, known: [], limit: 0, position: 0 };
  };

  /** Reads as far as is allowed. False: the file cannot be read. */
  const read = async (): Promise<boolean> => {
    for (;;) {
      const current = pass;
      if (isClosed || current === undefined || current.position >= current.limit) return true;
      const end = Math.min(current.position + PIECE_BYTES, current.limit);
      try {
        current.digest.update(new Uint8Array(await source.slice(current.position, end).arrayBuffer()));
      } catch {
        return false;
      }
      current.position = end;
    }
  };

  const readOn = (): Promise<boolean> => {
    reading ??= read().finally(() => {
      reading = undefined;
    });
    return reading;
  };

  const advance = (stored: StoredSoFar): void => {
    const { uploadId, requestEnds } = stored;
    const known = requestEnds ?? [];
    const hasParts = uploadId !== undefined && requestEnds !== null;
    // Others than were known: Storage went back behind what it had said.
    const goesOn = pass?.uploadId === uploadId && pass?.hasParts === hasParts && isContinued(pass.known, known);
    if (pass === undefined || !goesOn) pass = begin(stored);
    for (const end of known.slice(pass.known.length)) pass.endRequest(end);
    pass.known = known;
    // Behind the last end the parts are not certain yet.
    pass.limit = Math.max(pass.limit, hasParts ? (known.at(-1) ?? 0) : Math.min(stored.acknowledgedBytes, size));
    void readOn();
  };

  const complete = async (): Promise<UploadDigests | undefined> => {
    pass ??= begin({ uploadId: undefined, requestEnds: null, acknowledgedBytes: 0 });
    const current = pass;
    current.endRequest(size);
    current.limit = size;
    while (current.position < size) if (isClosed || !(await readOn())) return undefined;
    const [whole = '', ...etags] = current.digest.digest();
    return { md5: whole, etags };
  };

  let completing: Promise<UploadDigests | undefined> | undefined;
  return {
    advance: (stored) => {
      if (completing === undefined) advance(stored);
    },
    finish: async (signal) => {
      signal.throwIfAborted();
      completing ??= complete();
      return raceAbort(completing, signal);
    },
    close: () => {
      isClosed = true;
    },
  };
}
