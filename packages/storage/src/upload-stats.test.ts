import { describe, expect, it } from 'vitest';
import { UploadStats } from './upload-stats.ts';

describe('the books of an upload', () => {
  it('count every attempt and every byte', () => {
    const stats = new UploadStats();
    stats.begin();
    stats.send(100, 0);
    stats.begin();
    stats.send(40, 0);
    expect(stats).toMatchObject({ attempts: 2, bytesSent: 140 });
  });

  it('take back what Storage says never arrived, once', () => {
    const stats = new UploadStats();
    stats.begin();
    stats.send(100, 500);
    stats.begin();
    stats.confirm(570);
    expect(stats.bytesSent).toBe(70);
    stats.confirm(570);
    expect(stats.bytesSent).toBe(70);
    stats.send(30, 570);
    expect(stats.bytesSent).toBe(100);
  });

  it('never count less than nothing, nor more than was handed over', () => {
    const stats = new UploadStats();
    stats.begin();
    stats.send(100, 500);
    stats.begin();
    stats.confirm(10_000);
    expect(stats.bytesSent).toBe(100);
    stats.confirm(0);
    expect(stats.bytesSent).toBe(0);
  });
});
