import { describe, expect, it } from 'vitest';
import { readUnits, renderScc } from './closed-captions.ts';

/** A line of ffprobe for a packet of these bytes. */
function dump(time: string, hex: string): string {
  const rows = hex.match(/.{1,32}/g) ?? [];
  return `${time}|${rows.map((row, i) => `\\n${(i * 16).toString(16).padStart(8, '0')}: ${row.replace(/.{1,4}/g, '$& ')} ..|..`).join('')}`;
}
/** A SEI message of caption data with these headers and bytes. */
const sei = (...triplets: string[]) =>
  `0000000106${'04'}40b5003147413934${'03'}${(0x40 | triplets.length).toString(16)}ff${triplets.join('')}ff80`;

describe('readUnits', () => {
  it('takes the first field of CEA-608 and nothing else', () => {
    // In order: of the first field, empty, of the second field, of CEA-708, not valid.
    const line = dump('1.5', sei('fc9420', 'fc8080', 'fdc8e9', 'fe0102', 'f89420', 'fcc8e9'));
    expect(readUnits(line)).toEqual({ seconds: 1.5, pairs: ['9420', 'c8e9'] });
  });

  it('undoes the emulation prevention, and finds several messages', () => {
    const line = dump('0', sei('fc9420').replace('ff80', '000003ff80') + sei('fa000003', 'fcc8e9'));
    expect(readUnits(line)?.pairs).toEqual(['9420', 'c8e9']);
  });

  it.each(['', 'N/A|x', '1.0|', dump('1', '0000000106050102'), dump('1', sei('fc9420').slice(0, 34))])(
    'has nothing of %s',
    (line) => {
      expect(readUnits(line)).toBeUndefined();
    },
  );
});

it('writes them in the order of showing', () => {
  const pairs = [
    { seconds: 3661.999, pairs: ['c8e9'] },
    { seconds: -0.1, pairs: ['9420'] },
    { seconds: 0.1, pairs: ['9420', '9452'] },
  ];
  expect(renderScc(pairs)).toBe('Scenarist_SCC V1.0\n\n00:00:00:03\t9420 9452\n\n01:01:01:30\tc8e9\n');
});
