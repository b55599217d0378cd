/**
 * When a browser shows what an HLS stream holds. Media Source Extensions go by the decode time of a fragment and the
 * offsets of its samples, and know no edit lists (ISO BMFF Byte Stream Format, 3): so these are taken out of the header
 * before Mediabunny, a reader that has nothing to do with ffmpeg, is asked.
 */
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ALL_FORMATS, BufferSource, EncodedPacketSink, Input } from 'mediabunny';
import type { Packet } from './ffprobe.ts';

export interface HlsSegment {
  /** As the playlist says. */
  readonly seconds: number;
  /** When its first frame is shown. */
  readonly start: number;
}

export interface HlsRendition {
  readonly name: string;
  readonly type: 'video' | 'audio';
  /** One of all segments, or the initialization segment and one of each. */
  readonly files: readonly string[];
  readonly segments: readonly HlsSegment[];
  /** In the order of decoding. */
  readonly packets: readonly Packet[];
  /** When they are shown, ascending. */
  readonly times: readonly number[];
  readonly end: number;
  /** Width by height as shown; `NaN` of sound. */
  readonly aspect: number;
}

/** Reads every rendition that a master playlist names. Throws when a file of it is missing or cannot be read. */
export async function readHls(master: string): Promise<HlsRendition[]> {
  const names = [...(await readFile(master, 'utf8')).matchAll(/^[^#\s].*$|URI="([^"]+)"/gm)].map(
    (match) => match[1] ?? match[0],
  );
  const renditions: HlsRendition[] = [];
  for (const name of names) renditions.push(await readRendition(join(dirname(master), name), dirname(name)));
  return renditions;
}

async function readRendition(playlist: string, name: string): Promise<HlsRendition> {
  const text = await readFile(playlist, 'utf8');
  const [, init, initRange] = /#EXT-X-MAP:URI="([^"]+)"(?:,BYTERANGE="([^"]+)")?/.exec(text) ?? [];
  if (init === undefined) throw new Error(`${name} names no initialization segment`);
  const read = (file: string, range: string | undefined) => readPart(join(dirname(playlist), file.trim()), range);
  const header = hideEditLists(await read(init, initRange));
  const files = new Set([join(dirname(playlist), init)]);
  const packets: Packet[] = [];
  const segments: HlsSegment[] = [];
  let end = 0;
  let type: 'video' | 'audio' = 'audio';
  let aspect = Number.NaN;
  for (const [, seconds, tags, file = ''] of text.matchAll(/#EXTINF:([\d.]+)[^\n]*\n((?:#[^\n]*\n)*)([^#\n]+)/g)) {
    files.add(join(dirname(playlist), file.trim()));
    const range = /#EXT-X-BYTERANGE:(\S+)/.exec(tags ?? '')?.[1];
    const bytes = Buffer.concat([header, await read(file, range)]);
    const input = new Input({ source: new BufferSource(bytes), formats: ALL_FORMATS });
    let start = Number.POSITIVE_INFINITY;
    try {
      const video = await input.getPrimaryVideoTrack();
      const track = video ?? (await input.getPrimaryAudioTrack());
      if (track === null) throw new Error(`${name}/${file.trim()} has no track`);
      if (video !== null) {
        type = 'video';
        aspect = (await video.getDisplayWidth()) / (await video.getDisplayHeight());
      }
      for await (const packet of new EncodedPacketSink(track).packets(undefined, undefined, { metadataOnly: true })) {
        packets.push({ time: packet.timestamp, bytes: packet.byteLength });
        start = Math.min(start, packet.timestamp);
        end = Math.max(end, packet.timestamp + packet.duration);
      }
    } finally {
      input.dispose();
    }
    segments.push({ seconds: Number(seconds), start });
  }
  const times = packets.map(({ time }) => time).sort((a, b) => a - b);
  return { name, type, files: [...files], segments, packets, times, end, aspect };
}

/** Bytes `1200@800` of a file, or all of it. */
async function readPart(path: string, range: string | undefined): Promise<Buffer> {
  const whole = await readFile(path);
  const [bytes = whole.length, offset = 0] = range?.split('@').map(Number) ?? [];
  if (offset + bytes > whole.length) throw new Error(`${path} ends before ${range}`);
  // A copy: what is renamed in a header stays as it is in the file's other parts.
  return Buffer.from(whole.subarray(offset, offset + bytes));
}

/** The boxes of edit lists renamed to `free`, which every reader skips. */
export function hideEditLists(header: Buffer): Buffer {
  for (let at = header.indexOf('edts', 0, 'latin1'); at >= 0; at = header.indexOf('edts', at + 4, 'latin1')) {
    header.write('free', at, 'latin1');
  }
  return header;
}
