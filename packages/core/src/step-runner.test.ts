import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { createStepRunner, type StepProgress } from './step-runner.ts';

const STEPS = [
  { name: 'download', title: 'Downloading', weight: 1 },
  { name: 'encode', title: 'Encoding', weight: 3 },
] as const;

describe('the steps of a job', () => {
  it('report one percentage, and log a line when each starts and ends', async () => {
    const lines: string[] = [];
    const log = pino({}, { write: (line: string) => void lines.push(JSON.parse(line).msg) });
    const seen: StepProgress[] = [];
    let clock = 0;
    const onProgress = (progress: StepProgress) => seen.push(progress);
    const runStep = createStepRunner({ steps: STEPS, log, onProgress, now: () => clock });

    const value = await runStep('download', async () => {
      clock += 10_000;
      return { value: 7, summary: '1 MB' };
    });
    await runStep('encode', async (report) => {
      clock += 15_000;
      report(0.5, { speed: 2 });
      clock += 15_000;
      return { value: undefined, summary: 'one file' };
    });

    expect(value).toBe(7);
    expect(seen.map((progress) => progress.percent)).toEqual([0, 25, 25, 62, 100]);
    expect(seen[3]).toEqual({ step: 'encode', stepNumber: 2, stepCount: 2, percent: 62, speed: 2, etaSeconds: 15 });
    expect(seen[0]?.etaSeconds).toBeUndefined();
    expect(lines[0]).toBe('Step 1/2: Downloading');
    expect(lines[1]).toMatch(/^Step 1\/2 done in .*: 1 MB$/);
    expect(lines[2]).toBe('Step 2/2: Encoding');
  });

  it('count what of a step was done before it was its turn', async () => {
    const seen: StepProgress[] = [];
    let clock = 0;
    const onProgress = (progress: StepProgress) => seen.push(progress);
    const log = pino({ level: 'silent' });
    const runStep = createStepRunner({ steps: STEPS, log, onProgress, now: () => clock });
    await runStep('download', async () => {
      clock += 20_000;
      return { value: undefined, summary: '1 MB' };
    });
    await runStep('encode', async (report) => {
      clock += 10_000;
      report(0.5, { leadSeconds: 10 });
      return { value: undefined, summary: 'one file' };
    });
    // Half of it took 20 s. Told that it took 10, everybody would expect the end too soon.
    expect(seen.find(({ step, etaSeconds }) => step === 'encode' && etaSeconds !== undefined)?.etaSeconds).toBe(20);
  });

  it('are as far as the later one, where two run side by side', async () => {
    const log = pino({ level: 'silent' });
    const seen: string[] = [];
    const onProgress = ({ step, percent }: StepProgress) => void seen.push(`${step} ${percent}`);
    let clock = 0;
    const runStep = createStepRunner({ steps: STEPS, log, onProgress, now: () => clock });
    let endDownload = () => {};
    const downloaded = new Promise<void>((resolve) => {
      endDownload = resolve;
    });
    const download = runStep('download', async (report) => {
      await downloaded;
      report(0.9);
      return { value: undefined, summary: '1 MB' };
    });
    const encode = runStep('encode', async (report) => {
      clock += 10_000;
      report(0.5);
      endDownload();
      await download;
      return { value: undefined, summary: 'one file' };
    });
    await encode;
    expect(seen[0]).toBe('download 0');
    expect(new Set(seen.slice(1).map((line) => line.split(' ')[0]))).toEqual(new Set(['encode']));
    expect(seen.at(-1)).toBe('encode 100');
  });
});
