import { describe, expect, it } from 'vitest';
import { createProgressMeter, type UploadProgress } from './progress.ts';

function meter(total: number) {
  let ms = 0;
  const reports: UploadProgress[] = [];
  const progress = createProgressMeter({ total, onProgress: (report) => reports.push(report), now: () => ms });
  return {
    progress,
    reports,
    pass: (by: number) => {
      ms += by;
    },
  };
}

describe('progress', () => {
  it('never goes back, also when bytes were lost', () => {
    const { progress, reports, pass } = meter(1000);
    progress.begun(0);
    for (const position of [100, 300, 600]) {
      pass(300);
      progress.sent(position);
    }
    progress.begun(400);
    pass(300);
    progress.sent(500);
    const shown = reports.map((report) => report.bytesUploaded);
    expect(shown).toEqual([...shown].sort((a, b) => a - b));
    expect(reports.at(-1)).toMatchObject({ bytesUploaded: 600, bytesConfirmed: 400 });
  });
  it('reaches 100 only with the server’s word', () => {
    const { progress, reports, pass } = meter(1000);
    pass(300);
    progress.sent(1000);
    expect(reports.at(-1)?.percentage).toBe(99.9);
    progress.confirmed(1000, { chunk: true });
    expect(reports.at(-1)).toMatchObject({ percentage: 100, bytesConfirmed: 1000, chunksCompleted: 1, chunksTotal: 1 });
  });
  it('reports at most four times a second, but always the end', () => {
    const { progress, reports, pass } = meter(100_000);
    for (let i = 1; i <= 1000; i++) {
      pass(1);
      progress.sent(i * 99);
    }
    expect(reports.length).toBeLessThanOrEqual(5);
    progress.confirmed(100_000);
    expect(reports.at(-1)?.percentage).toBe(100);
  });
  it('counts requests at their present size', () => {
    const { progress } = meter(100);
    progress.planned(10);
    progress.confirmed(10, { chunk: true });
    expect(progress.current()).toMatchObject({ chunksCompleted: 1, chunksTotal: 10 });
    progress.planned(45);
    expect(progress.current()).toMatchObject({ chunksCompleted: 1, chunksTotal: 3 });
  });
  it('shows what an earlier visit brought, without taking it for speed', () => {
    const { progress, pass } = meter(1000);
    progress.begun(900);
    pass(1000);
    progress.sent(910);
    expect(progress.current()).toMatchObject({ percentage: 91, bytesUploaded: 910 });
    expect(progress.current().speedBytesPerSecond).toBeCloseTo(10, 6);
  });
});
