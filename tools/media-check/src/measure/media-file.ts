/** When a file shows its pictures and lets its sound be heard, by ffprobe's own decoding. */
import { open } from 'node:fs/promises';
import {
  type FrameTimes,
  type Packet,
  type Question,
  readFrames,
  readPackets,
  readStreams,
  type StreamFacts,
} from './ffprobe.ts';

export interface MediaTimes {
  readonly picture: FrameTimes;
  /** Width by height, upright, as shown. */
  readonly aspect: number;
  /** The most that it may be by any of its marks: what is above 60 is brought down. */
  readonly fps: number;
  /** The first track that can be decoded. */
  readonly sound: FrameTimes | undefined;
  /** The same track's packets. */
  readonly soundPackets: readonly Packet[];
}

/** Measures a file. `undefined` when no picture of it can be decoded. */
export async function measureMedia(question: Omit<Question, 'args'>): Promise<MediaTimes | undefined> {
  const streams = await readStreams(question);
  const video = mainVideo(streams);
  const picture = video && (await readFrames(question, video.index));
  if (video === undefined || picture === undefined) return undefined;
  const aperture = await readCleanAperture(question.path);
  const aspect = picture.aspect * (aperture ?? 1);
  const tracks = streams
    .filter(({ type, programmes }) => type === 'audio' && belongTogether(programmes, video.programmes))
    .sort((a, b) => Number(b.isDefault) - Number(a.isDefault));
  const shared = {
    picture,
    aspect: Math.abs(video.rotation) % 180 === 90 ? 1 / aspect : aspect,
    fps: Math.max(video.realFps, video.averageFps),
  };
  for (const { index } of tracks) {
    const sound = await readFrames(question, index);
    if (sound !== undefined) return { ...shared, sound, soundPackets: await readPackets(question, index) };
  }
  return { ...shared, sound: undefined, soundPackets: [] };
}

/** What is in no programme, belongs to all. */
const belongTogether = (some: readonly number[], others: readonly number[]): boolean =>
  some.length === 0 || others.length === 0 || some.some((programme) => others.includes(programme));

/** The one with the most packets: a motion photo has a larger still beside its video, and a song has a cover. */
function mainVideo(streams: readonly StreamFacts[]): StreamFacts | undefined {
  return streams
    .filter(({ type, isCover }) => type === 'video' && !isCover)
    .sort((a, b) => b.packets - a.packets || Number(b.isDefault) - Number(a.isDefault) || b.pixels - a.pixels)[0];
}

/** Headers are at the start or the end of a file. */
const HEADER_BYTES = 4_000_000;

/**
 * What a clean aperture does to the aspect (ISO/IEC 14496-12, `clap`: four pairs of numerator and denominator): the part
 * of the height that stays makes a picture wider.
 */
async function readCleanAperture(path: string): Promise<number | undefined> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    for (const start of [0, Math.max(0, size - HEADER_BYTES)]) {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.min(size, HEADER_BYTES)), { position: start });
      const bytes = buffer.subarray(0, bytesRead);
      const at = bytes.indexOf('clap', 0, 'latin1');
      // A box of 40 bytes behind the sizes of a sample entry (`avc1` and its kind).
      if (at < 4 || at + 36 > bytes.length || bytes.readUInt32BE(at - 4) !== 40) continue;
      const entry = Math.max(...['avc1', 'hvc1', 'hev1', 'mp4v'].map((name) => bytes.lastIndexOf(name, at, 'latin1')));
      if (entry < 0 || entry + 32 > bytes.length) continue;
      const width = bytes.readUInt16BE(entry + 28);
      const height = bytes.readUInt16BE(entry + 30);
      const clean = (offset: number) => bytes.readUInt32BE(at + offset) / bytes.readUInt32BE(at + offset + 4);
      return clean(4) / width / (clean(12) / height);
    }
    return undefined;
  } finally {
    await file.close();
  }
}
