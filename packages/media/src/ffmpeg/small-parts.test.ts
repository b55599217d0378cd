import { describe, expect, it } from 'vitest';
import { readFfprobeOutput } from './ffprobe-output.ts';
import { readJpegSize } from './jpeg-size.ts';
import { createLineSplitter } from './line-splitter.ts';
import { createTextTail } from './text-tail.ts';

describe('createLineSplitter', () => {
  it('joins what was cut and ends with the rest', () => {
    const lines: string[] = [];
    const feed = createLineSplitter((line) => lines.push(line));
    for (const chunk of ['fra', 'me=1\r\nspeed=', '2x\nrest', undefined]) feed(chunk);
    expect(lines).toEqual(['frame=1', 'speed=2x', 'rest']);
  });

  it('bounds a line without end', () => {
    const lines: string[] = [];
    const feed = createLineSplitter((line) => lines.push(line));
    for (let i = 0; i < 100; i += 1) feed('x'.repeat(10_000));
    feed('\n');
    expect(lines.map((line) => line.length)).toEqual([8192]);
  });

  it('bounds lines where it is told to', () => {
    const lines: string[] = [];
    const feed = createLineSplitter((line) => lines.push(line), 20_000);
    for (const chunk of ['x'.repeat(15_000), '\n', 'y'.repeat(30_000), '\n']) feed(chunk);
    expect(lines.map((line) => line.length)).toEqual([15_000, 20_000]);
  });
});

it('keeps the end of a text', () => {
  const tail = createTextTail(5);
  for (const chunk of ['abc', 'defg', 'h']) tail.add(chunk);
  expect(tail.text()).toBe('defgh');
});

describe('readJpegSize', () => {
  const head = [0xff, 0xd8, 0xff, 0xe0, 0, 4, 0, 0];
  const frame = [0xff, 0xc0, 0, 11, 8, 2, 0xd0, 5, 0, 1, 1, 0x11, 0];

  it('reads the frame header', () => {
    expect(readJpegSize(Uint8Array.from([...head, ...frame, 0xff, 0xd9]))).toEqual({ width: 1280, height: 720 });
  });

  it.each([
    ['cut off', [...head, ...frame]],
    ['no JPEG', [0x89, 0x50, 0x4e, 0x47]],
    ['empty', []],
  ])('is undefined for %s', (_, bytes) => {
    expect(readJpegSize(Uint8Array.from(bytes))).toBeUndefined();
  });
});

describe('readFfprobeOutput', () => {
  it('reads numbers, ratios and tags, and what is absent as absent', () => {
    const { streams } = readFfprobeOutput(
      JSON.stringify({
        streams: [
          { index: 0, duration: '1.5', avg_frame_rate: '30000/1001', r_frame_rate: '0/0', color_transfer: 'unknown' },
        ],
        format: { format_name: 'mpegts', duration: 'N/A' },
      }),
    );
    expect(streams[0]).toMatchObject({ duration: 1.5, disposition: {}, side_data_list: [] });
    expect(streams[0]?.avg_frame_rate).toBeCloseTo(29.97);
    expect(streams[0]?.r_frame_rate).toBeUndefined();
    expect(streams[0]?.color_transfer).toBeUndefined();
  });

  it.each(['', '{', '[]', '{"streams": 3}', 'null'])('is empty for %j', (json) => {
    expect(readFfprobeOutput(json)).toMatchObject({ streams: [] });
  });
});
