import type { IsolationReport } from './isolation.ts';
import type { WriteLimit } from './write-limit.ts';

/** Where a program was found. */
export type ToolOrigin = 'option' | 'path' | 'npm';

/** One program that was found and ran. */
export interface Tool {
  readonly path: string;
  /** As it calls itself: `5.1.9-0+deb12u1`, `n7.0-7-gd38bf5e08e-20240407`. */
  readonly version: string;
  readonly origin: ToolOrigin;
}

/** What one run of a program may take. */
export interface ToolLimits {
  /** Threads of each decoder and encoder. */
  readonly threads: number;
  /** Address space of one process in bytes, where the system can limit it; `undefined` does not. */
  readonly memoryBytes: number | undefined;
  /** What ffmpeg may write; `undefined` where nothing is known of the output. */
  readonly writes?: WriteLimit | undefined;
}

/**
 * One thread more than two cores: threads of x264 wait for each other, and with two of them 1.82 cores were used, with
 * three 1.94 (0.92 of the time, medians of 7 alternating runs). Of address space, sources of 8K HEVC and of HDR took 0.9
 * to 1.4 GB (measured with ffmpeg 5.1.9 and 7.0, two threads), and 0.2 GB more with a third.
 */
export const DEFAULT_LIMITS: ToolLimits = Object.freeze({ threads: 3, memoryBytes: 4_000_000_000 });

/** Both programs, as `locateTools` found them. */
export interface MediaTools {
  readonly limits: ToolLimits;
  /** How their children are started here. */
  readonly isolation: IsolationReport;
  readonly ffmpeg: Tool & {
    /** Built with zimg: HDR can be converted (the zscale filter). */
    readonly canConvertHdr: boolean;
    /** Codecs with a decoder, by ffprobe's names; `undefined` where the program does not say. */
    readonly decodableCodecs: ReadonlySet<string> | undefined;
  };
  readonly ffprobe: Tool;
}

/** The same programs, held to a limit for what they write. */
export const limitWrites = (tools: MediaTools, writes: WriteLimit): MediaTools => ({
  ...tools,
  limits: { ...tools.limits, writes },
});
