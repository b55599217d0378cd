/** Where a program was found. */
export type ToolOrigin = 'option' | 'path' | 'npm';

/** One program that was found and ran. */
export interface Tool {
  readonly path: string;
  /** As it calls itself: `5.1.9-0+deb12u1`, `n7.0-7-gd38bf5e08e-20240407`. */
  readonly version: string;
  readonly origin: ToolOrigin;
}

/** Both programs, as `locateTools` found them. */
export interface MediaTools {
  readonly ffmpeg: Tool & {
    /** Built with zimg: HDR can be converted (the zscale filter). */
    readonly canConvertHdr: boolean;
  };
  readonly ffprobe: Tool;
}
