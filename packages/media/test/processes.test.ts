/** Starting, watching and stopping: with small scripts where the behaviour is ours, with ffmpeg where it is its own. */
import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { MediaError } from '@supabase-media/core/errors';
import { type ClipName, type ClipShop, openClipShop } from '@supabase-media/test-support/clips';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeMp4 } from '../src/ffmpeg/encode.ts';
import { locateTools } from '../src/ffmpeg/locate.ts';
import { probeMedia } from '../src/ffmpeg/probe.ts';
import { probeIsolation } from '../src/ffmpeg/probe-isolation.ts';
import type { EncodeProgress } from '../src/ffmpeg/progress.ts';
import { type RunProcessOptions, runProcess } from '../src/ffmpeg/run-process.ts';
import { hls } from '../src/outputs/hls.ts';
import { planProcessing } from '../src/plan/plan.ts';
import { DEFAULT_POLICY } from '../src/plan/policy.ts';
import { findAllTools, temporaryFolder } from './support/tools.ts';

const node = (script: string, options: Partial<RunProcessOptions> = {}) =>
  runProcess({ program: process.execPath, args: ['-e', script], ...options });

async function errorOf(work: Promise<unknown>): Promise<MediaError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof MediaError) return error;
  throw new Error(`expected a MediaError, got ${String(error)}`);
}

async function isRunning(pid: number): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  return status !== undefined && !/\) Z /.test(status);
}

describe('runProcess', () => {
  it('hands on lines, the exit code and the end of stderr', async () => {
    const lines: string[] = [];
    const script = "console.log('a');console.log('b');process.stderr.write('x'.repeat(20000)+'end');process.exitCode=3";
    const result = await node(script, { onLine: (line) => lines.push(line) });
    expect(lines).toEqual(['a', 'b']);
    expect(result.exitCode).toBe(3);
    expect(result.stderrTail).toHaveLength(8192);
    expect(result.stderrTail).toMatch(/xend$/);
  });

  it('gives the child no key and a lower priority', async () => {
    process.env.SECRET_FOR_TEST = 'secret';
    const lines: string[] = [];
    await node(
      "setTimeout(()=>{console.log(JSON.stringify(process.env));console.log(require('os').getPriority())},200)",
      {
        onLine: (line) => lines.push(line),
      },
    );
    delete process.env.SECRET_FOR_TEST;
    expect(lines[0]).not.toContain('secret');
    expect(lines[1]).toBe('10');
  });

  it('says when there is no such program, or when it may not run', async () => {
    expect((await errorOf(runProcess({ program: '/no/such/ffmpeg', args: [] }))).code).toBe('ffmpeg_missing');
    expect((await errorOf(runProcess({ program: '/etc/passwd', args: [] }))).code).toBe('ffmpeg_missing');
  });

  it('does not start when it is told to stop before', async () => {
    const signal = AbortSignal.abort(new Error('cancelled'));
    const error = await errorOf(node("require('fs').writeFileSync('/tmp/never','')", { signal }));
    expect(error).toMatchObject({ code: 'aborted', cause: expect.objectContaining({ message: 'cancelled' }) });
  });

  it('ends the whole group when told to stop', async () => {
    const stop = new AbortController();
    const pids: number[] = [];
    const script = "const c=require('child_process').spawn('sleep',['60']);console.log(c.pid);setInterval(()=>{},1000)";
    const run = node(script, {
      signal: stop.signal,
      onLine(line) {
        pids.push(Number(line));
        stop.abort();
      },
    });
    expect((await errorOf(run)).code).toBe('aborted');
    await sleep(50);
    expect(pids).toHaveLength(1);
    expect(await isRunning(pids[0] ?? 0)).toBe(false);
  });

  it('kills what does not listen to SIGTERM', async () => {
    const stop = new AbortController();
    const script = "process.on('SIGTERM',()=>{});console.log(process.pid);setInterval(()=>{},1000)";
    const startedAt = Date.now();
    const run = node(script, { signal: stop.signal, onLine: () => stop.abort(), limits: { killGraceMs: 300 } });
    expect((await errorOf(run)).code).toBe('aborted');
    expect(Date.now() - startedAt).toBeGreaterThanOrEqual(300);
    expect(Date.now() - startedAt).toBeLessThan(5000);
  });

  it('ends what shows no progress, though it talks', async () => {
    const script = "setInterval(()=>console.log('still here'),20)";
    const run = node(script, { limits: { stallMs: 400 }, showsProgress: () => false });
    expect(await errorOf(run)).toMatchObject({ code: 'ffmpeg_stalled' });
  });

  it('lets a slow one live as long as it moves, up to the limit for all', async () => {
    const script = 'let i=0;setInterval(()=>console.log(i++),50)';
    const run = node(script, { limits: { stallMs: 700, totalMs: 1500 } });
    expect(await errorOf(run)).toMatchObject({ code: 'ffmpeg_timeout', message: expect.stringContaining('1.5 s') });
  });

  it('tells a kill that was not ours', async () => {
    expect((await errorOf(node("process.kill(process.pid,'SIGKILL')"))).code).toBe('ffmpeg_killed');
  });

  it('tells a full disk by its words', async () => {
    const run = node("console.error('av_write_frame(): No space left on device');process.exitCode=1");
    expect((await errorOf(run)).code).toBe('disk_full');
  });

  it('throws what a listener threw, after the child has ended', async () => {
    const run = node('console.log(1);setInterval(()=>{},1000)', {
      onLine() {
        throw new RangeError('listener');
      },
    });
    await expect(run).rejects.toThrow(RangeError);
  });

  const resources = { memoryBytes: 1_000_000_000_000, cpuSeconds: 1 };

  it.skipIf(!existsSync('/usr/bin/prlimit'))('gives the program no more memory and time than it is told', async () => {
    const shell = (script: string) => ({ program: '/bin/sh', args: ['-c', script], resources });
    const lines: string[] = [];
    const onLine = (line: string) => void lines.push(line);
    await runProcess({ ...shell('ulimit -v; ulimit -c; ulimit -t'), onLine });
    expect(lines).toEqual([String(1_000_000_000_000 / 1024), '0', '1']);
    const error = await errorOf(runProcess(shell('while :; do :; done')));
    expect(error.code).toMatch(/^ffmpeg_(timeout|killed)$/);
  });

  it.skipIf(!existsSync('/usr/bin/prlimit'))('says that a program is gone behind prlimit too', async () => {
    const run = runProcess({ program: '/no/such/ffmpeg', args: [], resources });
    expect((await errorOf(run)).code).toBe('ffmpeg_missing');
  });

  it.skipIf(!existsSync('/usr/bin/unshare'))(
    'is, isolated, still the process that is signalled and told of',
    async () => {
      const isolation = await probeIsolation();
      const confined = { resources: { memoryBytes: undefined, cpuSeconds: undefined }, isolation };
      const shell = (script: string) => ({ program: '/bin/sh', args: ['-c', script], ...confined });
      expect((await runProcess(shell('exit 7'))).exitCode).toBe(7);
      expect((await errorOf(runProcess(shell('kill -SEGV $$')))).message).toContain('SIGSEGV');
      expect((await errorOf(runProcess({ program: '/no/such/ffmpeg', args: [], ...confined }))).code).toBe(
        'ffmpeg_missing',
      );

      const stop = new AbortController();
      const pids: number[] = [];
      const onLine = (line: string) => {
        pids.push(Number(line));
        if (pids.length === 2) stop.abort();
      };
      const run = runProcess({ ...shell('echo $$; sleep 60 & echo $!; wait'), signal: stop.signal, onLine });
      expect((await errorOf(run)).code).toBe('aborted');
      for (const pid of pids) await expect.poll(() => isRunning(pid)).toBe(false);
    },
  );

  const compiled = new URL('../dist/ffmpeg/run-process.js', import.meta.url);

  it.skipIf(!existsSync(compiled))('leaves nothing behind when our own process exits', async () => {
    const script = `import('${compiled.href}').then(({ runProcess }) => {
      const sleeper = ['-e', 'console.log(process.pid);setInterval(()=>{},1000)'];
      runProcess({ program: process.execPath, args: sleeper, onLine(pid) { console.log(pid); process.exit(0); } });
    })`;
    const pids: number[] = [];
    await node(script, { onLine: (line) => pids.push(Number(line)) });
    await sleep(100);
    expect(pids).toHaveLength(1);
    expect(await isRunning(pids[0] ?? 0)).toBe(false);
  });
});

describe.each(await findAllTools())('%s', (_, tools) => {
  let shop: ClipShop;
  beforeAll(async () => {
    shop = await openClipShop(tools);
  });
  afterAll(() => shop.close());

  async function planOf(name: ClipName) {
    const inputPath = await shop.clip(name);
    const plan = planProcessing(await probeMedia({ inputPath, tools }));
    if (plan.action !== 'convert') throw new Error(plan.rejection.code);
    return { inputPath, plan, outputPath: join(await temporaryFolder(), 'video.mp4'), tools };
  }

  it('stops an encode within a second, and leaves no file', async () => {
    const encode = await planOf('long.mp4');
    const stop = new AbortController();
    let stoppedAt = 0;
    const run = encodeMp4({
      ...encode,
      signal: stop.signal,
      onProgress() {
        stoppedAt ||= Date.now();
        stop.abort(new Error('cancelled by the user'));
      },
    });
    expect(await errorOf(run)).toMatchObject({ code: 'aborted', cause: { message: 'cancelled by the user' } });
    expect(Date.now() - stoppedAt).toBeLessThan(1500);
    expect(await readdir(dirname(encode.outputPath))).toEqual([]);
  }, 60_000);

  it('tells percent, speed and the time left while it encodes', async () => {
    const seen: EncodeProgress[] = [];
    await encodeMp4({ ...(await planOf('long-gop.mp4')), onProgress: (progress) => seen.push(progress) });
    const percents = seen.map((progress) => progress.percent ?? Number.NaN);
    expect(percents.length).toBeGreaterThan(0);
    expect(percents).toEqual([...percents].sort((a, b) => a - b));
    expect(Math.max(...percents)).toBeLessThanOrEqual(99);
    expect(percents.at(-1)).toBeGreaterThan(90);
  }, 60_000);

  it('gives up an encode that takes too long, and leaves no file', async () => {
    const encode = await planOf('long.mp4');
    const error = await errorOf(encodeMp4({ ...encode, limits: { totalMs: 300 } }));
    expect(error).toMatchObject({ code: 'ffmpeg_timeout' });
    expect(await readdir(dirname(encode.outputPath))).toEqual([]);
  }, 60_000);

  it('overwrites what an interrupted try left', async () => {
    const encode = await planOf('web-ready.mp4');
    await writeFile(`${encode.outputPath}.partial`, 'left over');
    expect((await encodeMp4(encode)).outcome).toBe('remuxed');
    expect(await readdir(dirname(encode.outputPath))).toEqual(['video.mp4']);
  }, 60_000);

  it.skipIf(!existsSync('/usr/bin/prlimit'))(
    'does not blame the file when ffmpeg gets too little memory',
    async () => {
      const encode = await planOf('long.mp4');
      const limits = { threads: 2, memoryBytes: 100_000_000 };
      const error = await errorOf(encodeMp4({ ...encode, tools: { ...tools, limits } }));
      expect(error.code).toMatch(/^ffmpeg_(memory|failed|killed)$/);
      expect(await readdir(dirname(encode.outputPath))).toEqual([]);
    },
    60_000,
  );

  it('stops the ladder within a second, and leaves no file', async () => {
    const videoPath = await shop.clip('ladder.mp4');
    const info = await probeMedia({ inputPath: videoPath, tools });
    if (!info.readable) throw new Error(info.detail);
    const { video } = info;
    if (video === undefined) throw new Error('no video');
    const outDir = await temporaryFolder();
    const stop = new AbortController();
    let stoppedAt = 0;
    const onProgress = () => {
      stoppedAt ||= Date.now();
      stop.abort(new Error('cancelled by the user'));
    };
    const run = hls.make({
      mp4: { path: videoPath, info: { ...info, video } },
      result: { probe: info, outcome: 'remuxed', reasons: [], warnings: [], outputs: [] },
      outDir,
      policy: DEFAULT_POLICY,
      profile: 'fast',
      tools,
      signal: stop.signal,
      onProgress,
    });
    expect(await errorOf(run)).toMatchObject({ code: 'aborted' });
    expect(Date.now() - stoppedAt).toBeLessThan(1500);
    expect(await readdir(outDir)).toEqual([]);
  }, 60_000);

  it('encodes when a copy does not pass, and says why', async () => {
    const encode = await planOf('web-ready.mp4');
    // A plan that is wrong about the file: it believes in twice the length.
    const stats = { ...encode.plan.source.stats, lastSeconds: 4, durationSeconds: 4.04 };
    const plan = { ...encode.plan, source: { ...encode.plan.source, stats } };
    const result = await encodeMp4({ ...encode, plan });
    expect(result.outcome).toBe('processed');
    expect(result.outcome !== 'rejected' && result.reasons.at(-1)).toMatchObject({
      code: 'copy_failed',
      detail: 'the copy has 2.00 s of 4.04 s',
    });
  }, 60_000);
});

describe('locateTools', () => {
  it('names the variable and the path that do not work', async () => {
    const error = await errorOf(locateTools({ ffmpegPath: '/no/such/ffmpeg' }));
    expect(error).toMatchObject({ code: 'ffmpeg_missing' });
    expect(error.message).toMatch(/FFMPEG_PATH.*\/no\/such\/ffmpeg.*does not exist/);
    expect(error.hint).toContain('FFMPEG_PATH');
    expect((await errorOf(locateTools({ ffprobePath: process.execPath }))).message).toMatch(/FFPROBE_PATH/);
  });

  it('says what to do when there is none', async () => {
    const error = await errorOf(locateTools({ searchPath: '/no/such/folder', useNpmBinaries: false }));
    expect(error).toMatchObject({ code: 'ffmpeg_missing', hint: expect.stringMatching(/Install ffmpeg/) });
  });

  it('passes over one on the PATH that does not work', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'ffmpeg'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
    const located = await locateTools({ searchPath: `${folder}:${process.env.PATH ?? ''}` });
    expect(located.ffmpeg.path).not.toContain(folder);
  });
});
