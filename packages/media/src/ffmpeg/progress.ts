/**
 * Reads what `ffmpeg -progress pipe:1` prints: lines of key=value, a block ended by `progress=continue` or
 * `progress=end`. `out_time_ms` really holds microseconds, as out_time_us does; both may be N/A or negative at the start.
 * `progress=end` is printed for a cancelled run too, so it proves nothing.
 */

/** The progress of an encode. */
export interface EncodeProgress {
  /** 0 to 99: the last percent is for what follows the encode. Never falls. `undefined` when the length is unknown. */
  readonly percent: number | undefined;
  /** Seconds of video per second, e.g. 2.5. */
  readonly speed: number | undefined;
  readonly etaSeconds: number | undefined;
  /** Seconds of video written so far. */
  readonly positionSeconds: number;
}

export interface ProgressReader {
  /** Takes a line; returns the progress at the end of a block. */
  read(line: string): EncodeProgress | undefined;
  /** Seconds of video written so far. */
  position(): number;
  /** Frames written so far. */
  frames(): number;
}

/** Until the output is verified, it is not finished. */
const HIGHEST_PERCENT = 99;

/** What is written, as far as it is known. */
export interface WrittenVideo {
  readonly durationSeconds?: number | undefined;
  /** The time that ffmpeg tells is that of the stream that is furthest: sound runs ahead of a slow picture. */
  readonly frameCount?: number | undefined;
}

export function createProgressReader({ durationSeconds, frameCount = 0 }: WrittenVideo): ProgressReader {
  let position = 0;
  let frames = 0;
  let speed: number | undefined;
  let percent = 0;

  function current(): EncodeProgress {
    if (durationSeconds === undefined || !(durationSeconds > 0)) {
      return { percent: undefined, speed, etaSeconds: undefined, positionSeconds: position };
    }
    const written = Math.min(position / durationSeconds, frameCount > 0 && frames > 0 ? frames / frameCount : 1);
    percent = Math.max(percent, Math.min(HIGHEST_PERCENT, written * 100));
    const left = Math.max(0, durationSeconds - position);
    return { percent, speed, etaSeconds: speed === undefined ? undefined : left / speed, positionSeconds: position };
  }

  return {
    read(line) {
      const [key, value = ''] = splitOnce(line);
      if (key === 'out_time_us') position = Math.max(position, (positive(value) ?? 0) / 1e6);
      if (key === 'frame') frames = positive(value) ?? frames;
      if (key === 'speed') speed = positive(value.replace(/x$/, ''));
      return key === 'progress' ? current() : undefined;
    },
    position: () => position,
    frames: () => frames,
  };
}

function splitOnce(line: string): [string, string?] {
  const at = line.indexOf('=');
  return at < 0 ? [line] : [line.slice(0, at), line.slice(at + 1).trim()];
}

function positive(text: string): number | undefined {
  const value = text === '' ? Number.NaN : Number(text);
  return Number.isFinite(value) && value > 0 ? value : undefined;
}
