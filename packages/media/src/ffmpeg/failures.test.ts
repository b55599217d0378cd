import { describe, expect, it } from 'vitest';
import { classifyEncodeFailure } from './encode-failure.ts';
import { classifyProbeFailure, tellingLine } from './probe-failure.ts';
import { endedBySignal, findSystemFailure, startFailure } from './process-failures.ts';

describe('classifyProbeFailure', () => {
  it.each([
    ["[hls @ 0x55d] Format not on whitelist 'mov'\nfile:/w/input: Invalid argument", 'container_not_allowed'],
    ['[mov,mp4,m4a,3gp,3g2,mj2 @ 0x5] moov atom not found\nfile:/w/input: Invalid data', 'moov_missing'],
    ['[IMGUTILS @ 0x7] Picture size 16000x16000 exceeds specified max pixel count 35651584', 'too_many_pixels'],
    ['[IMGUTILS @ 0x7] Picture size 60000x60000 is invalid', 'too_many_pixels'],
    ['[IMGUTILS @ 0x7] Picture size 0x0 is invalid', 'invalid_data'],
    ['file:/w/input: Invalid data found when processing input', 'invalid_data'],
    ['', 'invalid_data'],
  ])('%s', (stderr, code) => {
    expect(classifyProbeFailure(stderr)).toBe(code);
  });

  it('tells the line that says why, without addresses and paths', () => {
    expect(tellingLine('[mov,mp4 @ 0x5f] moov atom not found\nfile:/w/input: Invalid data found')).toBe(
      '[mov,mp4] moov atom not found',
    );
    expect(tellingLine('file:/w/input: Invalid data found')).toBe('Invalid data found');
    expect(tellingLine('')).toBe('');
  });
});

describe('findSystemFailure', () => {
  const run = (exitCode: number, stderrTail: string) =>
    findSystemFailure({ program: 'ffmpeg', exitCode, stderrTail })?.code;

  it.each([
    [1, 'av_interleaved_write_frame(): No space left on device', 'disk_full'],
    [228, '', 'disk_full'],
    [255, '', 'ffmpeg_killed'],
    [1, 'unshare: unshare failed: No space left on device', 'ffmpeg_failed'],
    [1, 'prlimit: failed to set the AS resource limit: Operation not permitted', 'ffmpeg_failed'],
    [127, 'unshare: failed to execute /usr/bin/setpriv: No such file or directory', 'ffmpeg_missing'],
    [1, 'Invalid data found when processing input', undefined],
    [0, 'No space left on device', undefined],
  ])('exit %d, %j: %s', (exitCode, stderr, code) => {
    expect(run(exitCode, stderr)).toBe(code);
  });
});

describe('signals and starts', () => {
  it('tells a kill from a crash', () => {
    expect(endedBySignal('ffmpeg', 'SIGKILL', '').code).toBe('ffmpeg_killed');
    expect(endedBySignal('ffmpeg', 'SIGSEGV', '').code).toBe('ffmpeg_failed');
  });

  it('names why a program cannot start', () => {
    const missing = Object.assign(new Error('spawn'), { code: 'ENOENT' });
    expect(startFailure('/opt/ffmpeg', missing)).toMatchObject({
      code: 'ffmpeg_missing',
      message: '/opt/ffmpeg could not be started: it does not exist.',
    });
  });
});

describe('classifyEncodeFailure', () => {
  it.each([
    ['Error while decoding stream #0:0: Invalid data found', 0, 'file'],
    ["Unrecognized option 'fps_mod'.", 0, 'ffmpeg_failed'],
    ['[vf#0:0] Error reinitializing filters!', 0, 'ffmpeg_failed'],
    ['Conversion failed!', 120, 'ffmpeg_failed'],
    ['x264 [error]: malloc failed\nCannot allocate memory', 0, 'ffmpeg_memory'],
    [
      'ffmpeg: error while loading shared libraries: a.so: failed to map segment from shared object',
      0,
      'ffmpeg_memory',
    ],
    ['Error initializing output stream 0:0 -- Error while opening encoder for output stream #0:0', 0, 'ffmpeg_failed'],
  ])('%s after %d frames: %s', (stderrTail, frames, expected) => {
    const failure = classifyEncodeFailure({ exitCode: 1, stderrTail, frames });
    expect(failure.kind === 'file' ? 'file' : failure.error.code).toBe(expected);
  });
});
