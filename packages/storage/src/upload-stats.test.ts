import { describe, expect, it } from 'vitest';
import { UploadTally } from './upload-stats.ts';

describe('the books of an upload', () => {
  it('count every attempt and every byte', () => {
    const tally = new UploadTally();
    tally.begin();
    tally.send(100, 0);
    tally.begin();
    tally.send(40, 0);
    expect(tally).toMatchObject({ attempts: 2, bytesSent: 140 });
  });

  it('take back what Storage says never arrived, once', () => {
    const tally = new UploadTally();
    tally.begin();
    tally.send(100, 500);
    tally.begin();
    tally.confirm(570);
    expect(tally.bytesSent).toBe(70);
    tally.confirm(570);
    expect(tally.bytesSent).toBe(70);
    tally.send(30, 570);
    expect(tally.bytesSent).toBe(100);
  });

  it('never count less than nothing, nor more than was handed over', () => {
    const tally = new UploadTally();
    tally.begin();
    tally.send(100, 500);
    tally.begin();
    tally.confirm(10_000);
    expect(tally.bytesSent).toBe(100);
    tally.confirm(0);
    expect(tally.bytesSent).toBe(0);
  });
});
