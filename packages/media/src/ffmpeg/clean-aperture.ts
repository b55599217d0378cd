/** The clean aperture of an MP4 or MOV: which part of the stored picture is to be shown. ffmpeg 5.1 and 7.0 do not read it. */
import type { FrameSize } from '../plan/frame-size.ts';
import type { Aperture, VideoInfo } from '../plan/media-info.ts';
import { type Box, inside, type ReadAt, type Stretch, walkBoxes } from './mp4-boxes.ts';

/** As the file gives it: a size, and how far its middle lies right of and below the middle of the picture. Pixels. */
export interface CleanAperture extends FrameSize {
  readonly right: number;
  readonly down: number;
}

/** An honest file takes about 40 a track; one that takes more is made to keep us busy. */
const MAX_READS = 20_000;

/** By the number of the track (`tkhd`), of its first sample description. */
export async function readCleanApertures(
  readAt: ReadAt,
  fileSize: number,
): Promise<ReadonlyMap<number, CleanAperture>> {
  const apertures = new Map<number, CleanAperture>();
  let reads = 0;
  // Nothing to read is where walking ends.
  const read: ReadAt = async (position, length) => {
    reads += 1;
    return reads > MAX_READS ? new Uint8Array() : readAt(position, length);
  };
  const moov = await findBox(read, { start: 0, end: fileSize }, 'moov');
  if (moov === undefined) return apertures;
  for await (const track of walkBoxes(read, inside(moov))) {
    if (track.type !== 'trak') continue;
    const header = await findBox(read, inside(track), 'tkhd');
    const id = header && readTrackId(await read(header.start + 8, 24));
    const aperture = await readTrack(read, track);
    if (id !== undefined && aperture !== undefined) apertures.set(id, aperture);
  }
  return apertures;
}

/** The fields of a visual sample entry before its boxes, and of a list of entries (ISO/IEC 14496-12 §8.5.2, §12.1.3). */
const VISUAL_ENTRY_BYTES = 78;
const ENTRY_LIST_BYTES = 8;

async function readTrack(readAt: ReadAt, track: Box): Promise<CleanAperture | undefined> {
  let found: Box | undefined = track;
  for (const type of ['mdia', 'minf', 'stbl', 'stsd']) {
    found = found && (await findBox(readAt, inside(found), type));
  }
  if (found === undefined) return undefined;
  const entries = inside(found);
  for await (const entry of walkBoxes(readAt, { ...entries, start: entries.start + ENTRY_LIST_BYTES })) {
    const { start, end } = inside(entry);
    const clap = await findBox(readAt, { start: start + VISUAL_ENTRY_BYTES, end }, 'clap');
    return clap && readClap(await readAt(clap.start + 8, 32));
  }
  return undefined;
}

async function findBox(readAt: ReadAt, stretch: Stretch, type: string): Promise<Box | undefined> {
  for await (const box of walkBoxes(readAt, stretch)) if (box.type === type) return box;
  return undefined;
}

/** ISO/IEC 14496-12 §8.3.2: version 1 has times of 64 bits. */
function readTrackId(header: Uint8Array): number | undefined {
  const at = header[0] === 1 ? 20 : 12;
  return header.length < at + 4 ? undefined : viewOf(header).getUint32(at);
}

/** Four fractions; the last two may be negative (ISO/IEC 14496-12 §12.1.4). */
function readClap(body: Uint8Array): CleanAperture | undefined {
  if (body.length < 32) return undefined;
  const view = viewOf(body);
  const fraction = (at: number) => view.getInt32(at) / view.getInt32(at + 4);
  const aperture = { width: fraction(0), height: fraction(8), right: fraction(16), down: fraction(24) };
  return Object.values(aperture).every(Number.isFinite) ? aperture : undefined;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Less than this is rounding, and seen by nobody. Pixels. */
const LEAST_DIFFERENCE = 2;

/**
 * The aperture in whole and even pixels, as 4:2:0 can be cut. `undefined` where it is the picture itself, reaches out of
 * it, or the picture lies askew.
 */
export function fitAperture(
  given: CleanAperture | undefined,
  { codedWidth, codedHeight, rotation }: Pick<VideoInfo, 'codedWidth' | 'codedHeight' | 'rotation'>,
): Aperture | undefined {
  if (given === undefined || rotation % 90 !== 0) return undefined;
  const [width, height] = [evenFloor(given.width), evenFloor(given.height)];
  const spare = { width: codedWidth - given.width, height: codedHeight - given.height };
  if (width < 2 || height < 2 || spare.width < 0 || spare.height < 0) return undefined;
  if (spare.width < LEAST_DIFFERENCE && spare.height < LEAST_DIFFERENCE) return undefined;
  const left = spare.width / 2 + given.right;
  const top = spare.height / 2 + given.down;
  if (left < 0 || top < 0 || left > spare.width || top > spare.height) return undefined;
  return { left: evenFloor(left), top: evenFloor(top), width, height };
}

function evenFloor(value: number): number {
  return Math.floor(value / 2) * 2;
}
