/**
 * What bodies does a proxy in front of Storage refuse? Proxies refuse by the announced Content-Length, so announcing is
 * enough; the few that count as bytes pass show only when a chunk is really sent (`--probe`).
 */
import type { MediaError } from '@supabase-media/core/errors';
import { formatBytes } from '@supabase-media/core/format';
import { allRight, type Finding, found } from '@supabase-media/diagnosis/findings';
import type { StorageConnection } from '@supabase-media/storage/connection';
import { announceBody, sendChunk } from '@supabase-media/storage/probe-body-limit';
import { CHUNK_STEPS, startServerChunks } from '@supabase-media/upload-protocol/chunk-plan';
import { HOSTED_CHUNK_BYTES } from '@supabase-media/upload-protocol/limits';

/** Tried from the largest on, until one is not refused: the uploader's own steps, and below. */
const TRIED_BYTES: readonly number[] = [...CHUNK_STEPS, 65_536];

/** What one probe really sends, in bytes: the only size that every Storage takes. */
const PROBE_BYTES = HOSTED_CHUNK_BYTES;

export interface EdgeFacts {
  /** The smallest that was refused; undefined when none was. */
  readonly refusedBytes: number | undefined;
  /** The largest that was not; undefined when all were. */
  readonly passedBytes: number | undefined;
  /** What went wrong with a chunk that was really sent; undefined when it was not sent or arrived. */
  readonly chunkError: MediaError | undefined;
  readonly wasProbed: boolean;
  /** The smallest chunk that uploads to this host may have, in bytes. */
  readonly leastBytes: number;
}

function judgeEdge(facts: EdgeFacts): readonly Finding[] {
  const { refusedBytes, passedBytes, chunkError, wasProbed, leastBytes } = facts;
  if (refusedBytes !== undefined) {
    const passed = passedBytes === undefined ? 'none of the smaller ones either' : `${formatBytes(passedBytes)} pass`;
    const code = (passedBytes ?? 0) < leastBytes ? 'edge_body_limit_small' : 'edge_body_limit';
    return [found('edge', code, { message: `Bodies of ${formatBytes(refusedBytes)} are refused, ${passed}.` })];
  }
  if (chunkError !== undefined) return [found('edge', 'edge_breaks_bodies', { message: chunkError.message })];
  const how = wasProbed ? `; ${formatBytes(PROBE_BYTES)} were really sent` : '';
  return [allRight('edge', `No proxy refuses large bodies${how}.`)];
}

/**
 * @param options.refusal of the largest body, which the check of limits announced already.
 * @param options.probe send one chunk of 6 MiB for real.
 */
export async function checkEdge(
  connection: StorageConnection,
  options: {
    readonly bucket: string;
    readonly refusal: MediaError | undefined;
    readonly refusalBytes: number;
    readonly roundTripMs: number;
    readonly probe: boolean;
    readonly signal: AbortSignal;
  },
): Promise<readonly Finding[]> {
  const { bucket, refusal, probe, roundTripMs, signal } = options;
  const { leastBytes } = startServerChunks({ hostname: new URL(connection.storageUrl).hostname });
  if (refusal?.code === 'edge_too_large') {
    let refusedBytes = options.refusalBytes;
    for (const bytes of TRIED_BYTES) {
      const again = await announceBody(connection, { bucket, bytes, roundTripMs, signal });
      if (again?.code !== 'edge_too_large')
        return judgeEdge({ refusedBytes, passedBytes: bytes, chunkError: undefined, wasProbed: false, leastBytes });
      refusedBytes = bytes;
    }
    return judgeEdge({ refusedBytes, passedBytes: undefined, chunkError: undefined, wasProbed: false, leastBytes });
  }
  const chunkError = probe ? await sendChunk(connection, { bucket, bytes: PROBE_BYTES, signal }) : undefined;
  if (chunkError?.code === 'edge_too_large')
    return judgeEdge({ refusedBytes: PROBE_BYTES, passedBytes: undefined, chunkError, wasProbed: true, leastBytes });
  return judgeEdge({ refusedBytes: undefined, passedBytes: undefined, chunkError, wasProbed: probe, leastBytes });
}
