/** Probes a file in spite of a track at which ffprobe ends (`hide-track.ts`). */
import { rm } from 'node:fs/promises';
import type { ProbeResult } from '../plan/media-info.ts';
import { copyWithHidden, unopenedStream } from './hide-track.ts';

/**
 * Probes a copy in which the track that ffprobe could not open is hidden, and which is gone afterwards.
 *
 * @param warnings what ffprobe said of the source, warnings included.
 * @param probe probes the file at this path, which lies beside the source.
 * @returns undefined where there is no such track, or none that may be hidden.
 * @throws what `probe` throws
 */
export async function probeHiding(
  inputPath: string,
  warnings: string,
  probe: (inputPath: string) => Promise<ProbeResult>,
): Promise<ProbeResult | undefined> {
  const track = unopenedStream(warnings);
  if (track === undefined) return undefined;
  const copyPath = `${inputPath}.probed`;
  try {
    const hidden = await copyWithHidden(inputPath, copyPath, track);
    if (hidden === undefined) return undefined;
    const found = await probe(copyPath);
    if (!found.readable) return found;
    const { codec, shownAs } = hidden;
    return { ...found, undecodableAudio: found.undecodableAudio.map((name) => (name === shownAs ? codec : name)) };
  } finally {
    await rm(copyPath, { force: true });
  }
}
