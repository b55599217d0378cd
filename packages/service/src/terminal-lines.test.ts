import { describe, expect, it } from 'vitest';
import { formatForTerminal } from './terminal-lines.ts';

const VIDEO = '36fe5167-b9dd-83d1-83af-4503d8b1a6fb';
const time = new Date(2026, 10, 28, 9, 5, 7).getTime();
const format = (line: object, options: object = {}) =>
  formatForTerminal({ level: 30, time, ...line }, { columns: 80, isColored: false, showsStacks: false, ...options });

describe('a line on a terminal', () => {
  it('names its video, and none where it is about none', () => {
    expect(format({ msg: 'Step 2/8: Probing', videoId: VIDEO, step: 'probe', seconds: 1.0910602200000012 })).toBe(
      '09:05:07 36fe5167 Step 2/8: Probing\n',
    );
    expect(format({ msg: 'Taking jobs' })).toBe('09:05:07 Taking jobs\n');
    expect(format({ msg: 'A job', jobId: `video-${VIDEO}` })).toBe('09:05:07 36fe5167 A job\n');
    expect(format({ msg: 'A job', jobId: 'cleaning-of-something' })).toBe('09:05:07 cleaning-of- A job\n');
  });

  it('fits the width, and each part names the video', () => {
    const msg = `Step 3/8 done in 0.0 s: the video is mpeg4, not H.264; AVI has no reliable timestamps ${'x'.repeat(150)}`;
    const lines = format({ msg, videoId: VIDEO }).trimEnd().split('\n');
    expect(lines.length).toBeGreaterThan(3);
    for (const line of lines) {
      expect(line.length).toBeLessThanOrEqual(80);
      expect(line.slice(9, 18)).toBe('36fe5167 ');
    }
    expect(
      lines
        .map((line) => line.slice(18))
        .join('')
        .replaceAll(' ', ''),
    ).toBe(msg.replaceAll(' ', ''));
    expect(format({ msg: 'word '.repeat(40) }, { columns: 3 }).split('\n')[0]?.length).toBeLessThanOrEqual(40);
  });

  it('says its level in words, and in color on a terminal', () => {
    expect(format({ msg: 'Away', level: 40 })).toBe('09:05:07 warning: Away\n');
    expect(format({ msg: 'Failed', level: 50 })).toBe('09:05:07 error: Failed\n');
    expect(format({ msg: 'Failed', level: 50 }, { isColored: true })).toContain('\u001b[31merror: Failed\u001b[0m');
  });

  it('tells causes, and stacks only to developers', () => {
    const err = {
      message: 'no answer',
      stack: 'Error: no answer\n    at file.ts:1:2',
      cause: { message: 'ECONNRESET' },
    };
    const line = { msg: 'Failed: no answer', level: 50, err };
    expect(format(line)).toBe('09:05:07 error: Failed: no answer\n           ECONNRESET\n');
    expect(format(line, { showsStacks: true })).toContain('    at file.ts:1:2\n');
  });

  it('obeys no name of a file', () => {
    const written = format({ msg: 'Downloading \u001b[2Jevil\r\u009b31m\tname', videoId: VIDEO });
    expect(written).toBe('09:05:07 36fe5167 Downloading \\x1b[2Jevil\\x0d\\x9b31m name\n');
  });
});
