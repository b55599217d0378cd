import { describe, expect, it } from 'vitest';
import { findElement, walkElements } from './matroska-elements.ts';

/** An id, a size of one byte, the content. */
const element = (id: number, content: Buffer, size = content.length | 0x80) => {
  const name = id.toString(16);
  return Buffer.concat([
    Buffer.from(name.padStart(name.length + (name.length % 2), '0'), 'hex'),
    Buffer.from([size]),
    content,
  ]);
};
const reading = (file: Buffer) => async (at: number, length: number) => file.subarray(at, at + length);
async function walk(file: Buffer) {
  const found: [number, number, number][] = [];
  for await (const { id, start, end } of walkElements(reading(file), { start: 0, end: file.length })) {
    found.push([id, start, end]);
    if (found.length > 30_000) break;
  }
  return found;
}

describe('walkElements', () => {
  it('reads ids and sizes of any length', async () => {
    const long = Buffer.concat([
      Buffer.from('1654ae6b', 'hex'),
      Buffer.from('0100000000000003', 'hex'),
      Buffer.alloc(3),
    ]);
    expect(await walk(Buffer.concat([element(0xae, Buffer.alloc(2)), long, element(0x4d80, Buffer.alloc(0))]))).toEqual(
      [
        [0xae, 2, 4],
        [0x16_54_ae_6b, 16, 19],
        [0x4d_80, 22, 22],
      ],
    );
  });

  it('takes an unknown size, or one beyond the end, for the rest', async () => {
    const live = element(0x18_53_80_67, element(0xae, Buffer.alloc(2)), 0xff);
    expect(await walk(live)).toEqual([[0x18_53_80_67, 5, 9]]);
    expect(await walk(element(0xae, Buffer.alloc(2), 0xfe))).toEqual([[0xae, 2, 4]]);
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['zeros', Buffer.alloc(100)],
    ['an id that is too long', Buffer.from('08ffffffff81ff', 'hex')],
    ['a size that is cut off', Buffer.from('ae01', 'hex')],
  ])('ends at %s', async (_, file) => {
    expect(await walk(file)).toEqual([]);
  });

  it('does not walk a file of nothing but elements to its end', async () => {
    expect((await walk(Buffer.alloc(100_000, Buffer.from([0xec, 0x80])))).length).toBe(20_000);
  });
});

it('finds an element by its path', async () => {
  const file = element(0xae, Buffer.concat([element(0x83, Buffer.from([1])), element(0x86, Buffer.from('V_VP8'))]));
  const find = (...path: number[]) => findElement(reading(file), { start: 0, end: file.length }, path);
  expect(await find(0xae, 0x86)).toEqual({ id: 0x86, start: 7, end: 12 });
  expect(await find(0xae, 0x99)).toBeUndefined();
});
