/**
 * How it is proved that Storage holds the bytes that were sent. Pure; the worker and the API ask it, each does what it
 * says. An ETag that is the file's proves it; one that is not proves nothing by itself, because S3 gives encrypted objects
 * ETags that look like an MD5 and are none (documented by AWS for SSE-KMS and SSE-C). Then the object is read back.
 */
import { REST_PART_BYTES, readEtag } from './multipart-etag.ts';

/** `etag`: by the ETag, else by reading back. `readback`: always by reading back. `size`: by the ETag, else by the size. */
export const VERIFY_POLICIES = ['etag', 'readback', 'size'] as const;

export type VerifyPolicy = (typeof VERIFY_POLICIES)[number];

/** What was compared: the MD5 of all, the MD5s of the parts, every byte, or no more than the size. */
export const PROOFS = ['md5', 'multipart-etag', 'readback', 'size'] as const;

export type Proof = (typeof PROOFS)[number];

/** What is known of a host's ETags. `unproven`: one that looked like an MD5 was not the MD5 of an object that was right. */
export const ETAG_KINDS = ['md5', 'multipart', 'unproven'] as const;

export type EtagKind = (typeof ETAG_KINDS)[number];

const DAY_MS = 86_400_000;

/** For so long what is known of a host's ETags is believed, in milliseconds. */
export const ETAG_KIND_LIFE_MS: Readonly<Record<EtagKind, number>> = {
  // Only say what to take beside the sending; where the host has changed, the other kind is taken after it.
  md5: 30 * DAY_MS,
  multipart: 30 * DAY_MS,
  // Until then small objects are accepted by their size; one of them is read back each hour.
  unproven: 3_600_000,
};

export interface DecideProofOptions {
  readonly policy: VerifyPolicy;
  /** Of the object, as Storage says. */
  readonly etag: string | undefined;
  /** Those that the file can have. */
  readonly fileEtags: readonly string[];
  /** Of the object and of the file, in bytes. */
  readonly size: number;
  readonly hostEtags: EtagKind | undefined;
}

/** The proof, or that the object must be read back for one. */
export function decideProof({ policy, etag, fileEtags, size, hostEtags }: DecideProofOptions): Proof | 'read-back' {
  if (policy === 'readback') return 'read-back';
  const said = readEtag(etag);
  if (said.form === 'md5' && fileEtags.includes(said.md5)) return 'md5';
  if (said.form === 'multipart' && fileEtags.includes(said.etag)) return 'multipart-etag';
  const contradicts = said.form === 'md5' && hostEtags !== 'unproven';
  if (contradicts) return 'read-back';
  if (policy === 'size') return 'size';
  return hostEtags === 'unproven' && size <= REST_PART_BYTES ? 'size' : 'read-back';
}

/**
 * What is learned of a host's ETags from a proof.
 *
 * @returns undefined where nothing is: an ETag of unknown parts says nothing of those of small objects.
 */
export function learnEtagKind(proof: Proof, etag: string | undefined): EtagKind | undefined {
  if (proof === 'md5') return 'md5';
  if (proof === 'multipart-etag') return 'multipart';
  return proof === 'readback' && readEtag(etag).form === 'md5' ? 'unproven' : undefined;
}

/**
 * What the ETag of an object that is there already lets expect of the next ones.
 *
 * @param size in bytes. Small objects have an MD5 everywhere.
 */
export function guessEtagKind({
  etag,
  size,
}: {
  readonly etag?: string | undefined;
  readonly size: number;
}): EtagKind | undefined {
  const { form } = readEtag(etag);
  if (form === 'multipart') return 'multipart';
  return form === 'md5' && size > REST_PART_BYTES ? 'md5' : undefined;
}

/**
 * What the ETags of a host are likely to be by its name: hosted Supabase keeps objects in S3, and what runs on one's own
 * machine keeps files, as the command line of Supabase starts it.
 *
 * @param host with or without a port.
 */
export function guessEtagKindOfHost(host: string): EtagKind | undefined {
  const name = host.replace(/:\d+$/, '');
  if (/\.supabase\.(co|in)$/.test(name)) return 'multipart';
  return /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(name) ? 'md5' : undefined;
}
