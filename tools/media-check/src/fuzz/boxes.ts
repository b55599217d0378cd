/** Takes an MP4's header apart and puts it together again (ISO/IEC 14496-12). For files whose `moov` stands at their end. */

/** A box: either its content, or the boxes in it. */
export interface Box {
  readonly type: string;
  content: Buffer;
  children: Box[] | undefined;
}

const CONTAINERS = new Set(['moov', 'trak', 'mdia', 'minf', 'stbl', 'edts']);

const makeBox = (type: string, content: Buffer): Box => ({ type, content, children: undefined });

function parseBoxes(bytes: Buffer): Box[] {
  const boxes: Box[] = [];
  for (let at = 0; at + 8 <= bytes.length; ) {
    const size = bytes.readUInt32BE(at);
    if (size < 8 || at + size > bytes.length) break;
    const type = bytes.toString('latin1', at + 4, at + 8);
    const content = Buffer.from(bytes.subarray(at + 8, at + size));
    boxes.push({ type, content, children: CONTAINERS.has(type) ? parseBoxes(content) : undefined });
    at += size;
  }
  return boxes;
}

function writeBox({ type, content, children }: Box): Buffer {
  const body = children === undefined ? content : Buffer.concat(children.map(writeBox));
  const head = Buffer.alloc(8);
  head.writeUInt32BE(body.length + 8);
  head.write(type, 4, 'latin1');
  return Buffer.concat([head, body]);
}

/** The box at a path of types below another; `undefined` when there is none. */
export function findBox(box: Box, ...path: readonly string[]): Box | undefined {
  const [type, ...rest] = path;
  if (type === undefined) return box;
  const child = box.children?.find((candidate) => candidate.type === type);
  return child && findBox(child, ...rest);
}

/** The tracks of a handler: `vide`, `soun`. */
export const findTracks = (moov: Box, handler: string): Box[] =>
  (moov.children ?? []).filter(
    (box) => box.type === 'trak' && findBox(box, 'mdia', 'hdlr')?.content.toString('latin1', 8, 12) === handler,
  );

/** A file with another header; the same file when it does not end with one. */
export function editHeader(file: Buffer, edit: (moov: Box) => void): Buffer {
  for (let at = 0; at + 8 <= file.length; ) {
    const size = file.readUInt32BE(at) === 1 ? Number(file.readBigUInt64BE(at + 8)) : file.readUInt32BE(at);
    if (size < 8) return file;
    if (file.toString('latin1', at + 4, at + 8) === 'moov') {
      if (at + size !== file.length) return file;
      const [moov] = parseBoxes(file.subarray(at));
      if (moov === undefined) return file;
      edit(moov);
      return Buffer.concat([file.subarray(0, at), writeBox(moov)]);
    }
    at += size;
  }
  return file;
}

/** Ticks per second: of the movie, which counts the lengths of edits; of a track, which counts their starts. */
function timescaleOf(header: Box | undefined): number {
  const content = header?.content;
  if (content === undefined) return 1;
  return content.readUInt32BE(content[0] === 1 ? 20 : 12);
}

/** One edit: seconds of the movie, and where in the media it starts; `undefined`: nothing is shown. */
export interface Edit {
  readonly seconds: number;
  readonly from: number | undefined;
}

/** Gives a track another edit list. */
export function setEdits(moov: Box, track: Box, edits: readonly Edit[]): void {
  const movie = timescaleOf(findBox(moov, 'mvhd'));
  const media = timescaleOf(findBox(track, 'mdia', 'mdhd'));
  const content = Buffer.alloc(8 + edits.length * 12);
  content.writeUInt32BE(edits.length, 4);
  for (const [index, { seconds, from }] of edits.entries()) {
    content.writeUInt32BE(Math.round(seconds * movie), 8 + index * 12);
    content.writeInt32BE(from === undefined ? -1 : Math.round(from * media), 12 + index * 12);
    content.writeUInt32BE(0x1_0000, 16 + index * 12);
  }
  const edts: Box = { type: 'edts', content: Buffer.alloc(0), children: [makeBox('elst', content)] };
  const others = (track.children ?? []).filter(({ type }) => type !== 'edts');
  const after = others.findIndex(({ type }) => type === 'tkhd') + 1;
  track.children = [...others.slice(0, after), edts, ...others.slice(after)];
}
