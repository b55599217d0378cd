/** What is done to the header of an MP4 after it was written: edit lists, offsets, durations, flags, a turn. */
import { type Box, type Edit, findBox, findTracks, setEdits } from './boxes.ts';
import type { Draw } from './draw.ts';

export interface HeaderEdit {
  readonly about: string;
  readonly apply: (moov: Box) => void;
}

type Kind = (draw: Draw, seconds: number) => HeaderEdit;

const forTracks = (handler: string, about: string, edit: (track: Box, moov: Box) => void): HeaderEdit => ({
  about,
  apply: (moov) => {
    for (const track of findTracks(moov, handler)) edit(track, moov);
  },
});

const withEdits = (draw: Draw, edits: readonly Edit[]): HeaderEdit => {
  const handler = draw.one(['vide', 'vide', 'soun']);
  const told = edits.map(({ seconds, from }) => `${seconds.toFixed(2)} s from ${from?.toFixed(2) ?? 'nothing'}`);
  return forTracks(handler, `edits of ${handler}: ${told.join(' + ')}`, (track, moov) => setEdits(moov, track, edits));
};

/** The entries of a table of pairs: `stts` (count, delta) and `ctts` (count, offset). */
const eachPair = (table: Box | undefined, change: (content: Buffer, at: number, index: number) => void) => {
  const count = table?.content.readUInt32BE(4) ?? 0;
  for (let index = 0; index < count; index++) if (table) change(table.content, 8 + index * 8, index);
};

/** By 90, 270 and 180 degrees, and a mirror. */
const TURNS: readonly [Turn, ...Turn[]] = [
  [0, 1, -1, 0],
  [0, -1, 1, 0],
  [-1, 0, 0, -1],
  [-1, 0, 0, 1],
];
type Turn = readonly [number, number, number, number];

const KINDS: readonly [Kind, ...Kind[]] = [
  // Nothing first, then all.
  (draw, seconds) =>
    withEdits(draw, [
      { seconds: draw.number(0.1, 3), from: undefined },
      { seconds, from: 0 },
    ]),
  // The start is hidden.
  (draw, seconds) => {
    const from = draw.number(0, seconds * 0.7);
    return withEdits(draw, [{ seconds: seconds - from, from }]);
  },
  // The end is hidden.
  (draw, seconds) => withEdits(draw, [{ seconds: seconds * draw.number(0.3, 0.9), from: 0 }]),
  // Two parts, in either order.
  (draw, seconds) => {
    const half = seconds / 2;
    const parts: Edit[] = [
      { seconds: half * 0.8, from: 0 },
      { seconds: half * 0.8, from: half },
    ];
    return withEdits(draw, draw.chance(0.5) ? parts : parts.reverse());
  },
  // Longer than the media.
  (draw, seconds) => withEdits(draw, [{ seconds: seconds + draw.number(0.5, 5), from: 0 }]),
  // Until the end, however long that is.
  (draw, seconds) => withEdits(draw, [{ seconds: 0, from: draw.number(0, seconds * 0.5) }]),
  // Later as a whole.
  (draw) => {
    const by = draw.integer(1, 5000);
    return forTracks('vide', `ctts + ${by}`, (track) =>
      eachPair(findBox(track, 'mdia', 'minf', 'stbl', 'ctts'), (content, at) =>
        content.writeInt32BE(Math.min(content.readInt32BE(at + 4) + by, 0x7fff_ffff), at + 4),
      ),
    );
  },
  // Version 1: offsets may be below zero.
  (draw) => {
    const by = draw.integer(1, 2000);
    return forTracks('vide', `ctts version 1, - ${by}`, (track) => {
      const ctts = findBox(track, 'mdia', 'minf', 'stbl', 'ctts');
      if (ctts) ctts.content[0] = 1;
      eachPair(ctts, (content, at) => content.writeInt32BE(content.readInt32BE(at + 4) - by, at + 4));
    });
  },
  // One step is longer.
  (draw) => {
    const factor = draw.integer(0, 40);
    return forTracks('vide', `first stts x ${factor}`, (track) =>
      eachPair(findBox(track, 'mdia', 'minf', 'stbl', 'stts'), (content, at, index) => {
        if (index === 0 && content.readUInt32BE(at) < 5)
          content.writeUInt32BE(content.readUInt32BE(at + 4) * factor, at + 4);
      }),
    );
  },
  // Not enabled, not in the movie.
  (draw) => {
    const flags = draw.integer(0, 15);
    const handler = draw.one(['vide', 'soun']);
    return forTracks(handler, `tkhd flags ${flags} of ${handler}`, (track) => {
      const tkhd = findBox(track, 'tkhd');
      if (tkhd) tkhd.content[3] = flags;
    });
  },
  // A header that does not know how long it is.
  () => ({
    about: 'no durations',
    apply: (moov) => {
      const headers = [
        findBox(moov, 'mvhd'),
        ...findTracks(moov, 'vide').map((track) => findBox(track, 'mdia', 'mdhd')),
      ];
      for (const header of headers) if (header && header.content[0] === 0) header.content.writeUInt32BE(0, 16);
    },
  }),
  // A turn of the display matrix, or a mirror.
  (draw) => {
    const matrix = draw.one(TURNS);
    return forTracks('vide', `matrix ${matrix.join(' ')}`, (track) => {
      const tkhd = findBox(track, 'tkhd');
      if (tkhd === undefined || tkhd.content[0] !== 0) return;
      const [a, b, c, d] = matrix;
      for (const [index, value] of [a, b, 0, c, d].entries()) tkhd.content.writeInt32BE(value * 65_536, 40 + index * 4);
    });
  },
];

/** None of two files in five, else one or two. */
export function drawHeaderEdits(draw: Draw, seconds: number): HeaderEdit[] {
  const count = draw.one([0, 0, 1, 1, 2]);
  return Array.from({ length: count }, () => draw.one(KINDS)(draw, seconds));
}
