/** What proves an upload here? Found out by storing two small objects of our own (`--probe`). */
import { type ErrorCode, MediaError } from '@supabase-media/core/errors';
import { formatBytes } from '@supabase-media/core/format';
import { allRight, type Finding, found } from '@supabase-media/diagnosis/findings';
import type { StorageConnection } from '@supabase-media/storage/connection';
import { ETAG_PROBE_BYTES, type EtagVerdict, probeEtag } from '@supabase-media/storage/probe-etags';

const PROVED_BY: Readonly<Record<EtagVerdict, string>> = {
  md5: 'the MD5 of their ETag',
  'multipart-etag': 'their ETag, made of the MD5s of their parts',
  nothing: 'reading them back',
};

/** Limits that other checks report. */
const TOO_LARGE: readonly string[] = ['edge_too_large', 'object_too_large'] satisfies ErrorCode[];

function judgeProof(small: EtagVerdict, large: { readonly verdict: EtagVerdict; readonly etag: string | undefined }) {
  if (small === 'nothing' || large.verdict === 'nothing')
    return found('proof', 'etag_no_proof', {
      message: `Objects of ${formatBytes(ETAG_PROBE_BYTES.large)} have an ETag (${large.etag ?? 'none'}) that is not made of their bytes.`,
    });
  return allRight(
    'proof',
    `Small uploads are proved by ${PROVED_BY[small]}, large ones by ${PROVED_BY[large.verdict]}.`,
  );
}

export async function checkProof(
  connection: StorageConnection,
  options: { readonly bucket: string; readonly signal: AbortSignal },
): Promise<readonly Finding[]> {
  try {
    const small = await probeEtag(connection, { ...options, bytes: ETAG_PROBE_BYTES.small });
    const large = await probeEtag(connection, { ...options, bytes: ETAG_PROBE_BYTES.large });
    return [judgeProof(small.verdict, large)];
  } catch (error) {
    if (!(error instanceof MediaError) || !TOO_LARGE.includes(error.code)) throw error;
    return [];
  }
}
