import { describe, expect, it } from 'vitest';
import { readAnswer } from './read-answer.ts';

async function* inPieces(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const read = (status: number, text: string, size = 16_384) =>
  readAnswer({ status, headers: {}, body: inPieces(text, size), action: 'Listing a' });

describe('the body of an answer', () => {
  it('keeps characters whole that lie in two pieces', async () => {
    const text = '{"name":"Ünïcode 🎬.mp4"}';
    for (const size of [1, 2, 3, 5]) expect((await read(200, text, size)).body).toBe(text);
  });

  it('is whole up to 1 MiB, and an error above', async () => {
    expect((await read(200, 'a'.repeat(1_048_576))).body).toHaveLength(1_048_576);
    await expect(read(206, 'a'.repeat(1_048_577))).rejects.toMatchObject({ code: 'storage_failed' });
  });

  it('is cut when it is a refusal, and not read to its end', async () => {
    let pieces = 0;
    const body = (async function* () {
      for (;;) {
        pieces += 1;
        yield Buffer.alloc(16_384, 'x');
      }
    })();
    const answer = await readAnswer({ status: 502, headers: {}, body, action: 'Listing a' });
    expect(answer.body).toHaveLength(65_536);
    expect(pieces).toBe(5);
  });
});
