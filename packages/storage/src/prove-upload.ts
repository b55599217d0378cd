/**
 * Proves that Storage holds the bytes that were sent: by the ETag that the file gives, else by reading the object back.
 * What proves it is decided by `upload-protocol`; nothing is removed for an ETag alone.
 */
import { MediaError } from '@supabase-media/core/errors';
import { formatBytes } from '@supabase-media/core/format';
import {
  decideProof,
  type EtagKind,
  learnEtagKind,
  type Proof,
  type VerifyPolicy,
} from '@supabase-media/upload-protocol/decide-proof';
import {
  candidatePartEnds,
  expectedPartEnds,
  type PartEnds,
  REST_PART_BYTES,
  readEtag,
  type SentBody,
  WHOLE,
} from '@supabase-media/upload-protocol/multipart-etag';
import { compareObject } from './compare-object.ts';
import { type Ask, type ExpectedObject, removeOurs } from './expected-object.ts';
import { etagsOfFile } from './file-checksum.ts';
import { type ObjectInfo, readObjectInfo } from './object-info.ts';
import type { SourceFile } from './source-file.ts';
import type { TransportTimeouts } from './transport.ts';

/** What the ETag will be like, as far as it is known before the upload ends: more than one costs a digest each. */
export function foreseeLayouts(
  sent: SentBody,
  policy: VerifyPolicy,
  hostEtags: EtagKind | undefined,
): (PartEnds | typeof WHOLE)[] {
  if (policy === 'readback' || hostEtags === 'unproven') return [];
  const isOnePart = sent.route === 'rest' && sent.size <= REST_PART_BYTES;
  if (isOnePart || hostEtags === 'md5') return [WHOLE];
  return hostEtags === 'multipart' ? [expectedPartEnds(sent)] : [WHOLE, expectedPartEnds(sent)];
}

export interface ProveUploadOptions {
  readonly expected: ExpectedObject;
  readonly file: SourceFile;
  readonly sent: SentBody;
  readonly policy: VerifyPolicy;
  /** Taken beside the sending, for the layouts that were foreseen. */
  readonly fileEtags: readonly string[];
  readonly hostEtags: EtagKind | undefined;
  readonly timeouts: TransportTimeouts;
  readonly maxRetries: number;
  /** Asks until there is an answer, as often as the policy allows. */
  readonly ask: Ask;
  /** For a question that tries again itself. */
  readonly askOnce: Ask;
}

/**
 * Proves an upload that Storage said it has. An object of ours that is not right is removed, so that nobody takes it for
 * the file.
 *
 * @returns the proof, and what it teaches of the host's ETags.
 * @throws {MediaError} `upload_mismatch`; where Storage could not be asked, what kept it: nothing is removed then.
 */
export async function proveUpload(
  options: ProveUploadOptions,
): Promise<{ proof: Proof; hostEtags: EtagKind | undefined }> {
  const { expected, ask } = options;
  const info = await ask(() => readObjectInfo(expected.connection, expected, expected.signal));
  try {
    assertSize(expected, info);
    const proof = await prove(options, info.etag);
    return { proof, hostEtags: learnEtagKind(proof, info.etag) };
  } catch (error) {
    if (error instanceof MediaError && error.code === 'upload_mismatch') await removeOurs(expected, ask);
    throw error;
  }
}

function assertSize(expected: ExpectedObject, info: ObjectInfo | undefined): asserts info is ObjectInfo {
  const place = `${expected.bucket}/${expected.path}`;
  const sent = `${expected.size} bytes were sent`;
  if (info === undefined)
    throw new MediaError({ code: 'upload_mismatch', message: `Storage holds no object at ${place}; ${sent}.` });
  if (info.size !== expected.size)
    throw new MediaError({
      code: 'upload_mismatch',
      message: `Storage holds ${info.size} bytes (${formatBytes(info.size)}) at ${place}; ${sent}.`,
    });
}

async function prove(options: ProveUploadOptions, etag: string | undefined): Promise<Proof> {
  const { expected, file, policy, fileEtags, hostEtags } = options;
  const decide = (etags: readonly string[]) =>
    decideProof({ policy, etag, fileEtags: etags, size: expected.size, hostEtags });
  let decided = decide(fileEtags);
  if (decided !== 'read-back') return decided;
  if (policy !== 'readback') decided = decide(await etagsOfFile(file, otherLayouts(options, etag), expected.signal));
  if (decided !== 'read-back') return decided;
  const mismatch = await options.askOnce(() => compareObject(file, readingOf(options)));
  if (mismatch !== undefined) throw mismatch;
  return 'readback';
}

/** What was not foreseen: requests that broke, another server's sizes, a host of the other kind. */
function otherLayouts({ sent, fileEtags }: ProveUploadOptions, etag: string | undefined): (PartEnds | typeof WHOLE)[] {
  const said = readEtag(etag);
  if (said.form === 'md5') return fileEtags.some((own) => readEtag(own).form === 'md5') ? [] : [WHOLE];
  return said.form === 'multipart' ? candidatePartEnds(sent, said.parts) : [];
}

const readingOf = ({ expected, timeouts, maxRetries }: ProveUploadOptions) => ({
  connection: expected.connection,
  bucket: expected.bucket,
  path: expected.path,
  cacheNonce: expected.uploadId,
  signal: expected.signal,
  timeouts,
  maxRetries,
});
