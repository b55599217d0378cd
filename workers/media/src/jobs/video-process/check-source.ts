/** Refuses a source that is not the one that was proved, and removes it where it is certain and ours to remove. */
import { MediaError } from '@supabase-media/core/errors';
import { removeObject } from '@supabase-media/storage/expected-object';
import { etagsOfFile } from '@supabase-media/storage/file-checksum';
import { openSourceFile } from '@supabase-media/storage/source-file';
import { WHOLE } from '@supabase-media/upload-protocol/multipart-etag';
import type { WorkerServices } from '../worker-job-type.ts';
import type { VideoProcessPayload } from './contract.ts';
import { describeChange, judgeSource, type SeenSource } from './source-proof.ts';

type Services = Pick<WorkerServices, 'storage' | 'log'>;

/**
 * Judges a source as Storage describes it, before it is read.
 *
 * @throws {MediaError} `source_changed`, unless its content may still show that it is the same.
 */
export async function checkStoredSource(
  services: Services,
  payload: VideoProcessPayload,
  seen: SeenSource,
): Promise<void> {
  const verdict = judgeSource(payload.source, seen);
  if (verdict === 'changed' || verdict === 'other') await refuse(services, payload, { seen, verdict });
}

/**
 * Judges a source that was downloaded.
 *
 * @throws {MediaError} `source_changed`.
 */
export async function checkDownloadedSource(
  services: Services,
  payload: VideoProcessPayload,
  { seen, file, signal }: { readonly seen: SeenSource; readonly file: string; readonly signal: AbortSignal },
): Promise<void> {
  let settled = seen;
  if (judgeSource(payload.source, seen) === 'unsettled') {
    const [md5] = await etagsOfFile(await openSourceFile(file), [WHOLE], signal);
    settled = { ...seen, md5 };
  }
  const verdict = judgeSource(payload.source, settled);
  if (verdict !== 'same') await refuse(services, payload, { seen: settled, verdict });
}

/** A source below its owner's folder came by the intake; any other belongs to whoever put it there. */
const isOfIntake = ({ ownerId, source }: VideoProcessPayload): boolean =>
  ownerId !== undefined && source.path.startsWith(`${ownerId}/`);

async function refuse(
  { storage, log }: Services,
  payload: VideoProcessPayload,
  { seen, verdict }: { readonly seen: SeenSource; readonly verdict: string },
): Promise<never> {
  const { videoId, source } = payload;
  const change = describeChange(source, seen);
  // An ETag alone may have changed without the content: that source is refused, and left to whoever looks into it.
  const isRemoved = verdict === 'other' && isOfIntake(payload);
  log.warn({ event: 'video.source_changed', videoId, isRemoved }, `The source of ${videoId} was changed: ${change}`);
  if (isRemoved) await removeObject({ connection: storage, bucket: source.bucket, path: source.path });
  throw new MediaError({
    code: 'source_changed',
    message: `The file was replaced after its upload was completed: ${change}.${isRemoved ? ' It was removed.' : ''}`,
  });
}
