/** One published result of a job. */
export interface PublishedOutput {
  /** As the worker's catalog of outputs names it: `video`, `storyboard` (its picture), `hls` (its master playlist), … */
  readonly kind: string;
  readonly bucket: string;
  readonly path: string;
  readonly contentType: string;
  /** Size in bytes; of a result of many files, of all together. */
  readonly bytes: number;
  /** How many files a result is made of, where it is more than one. */
  readonly files?: number | undefined;
  readonly width?: number | undefined;
  readonly height?: number | undefined;
  readonly durationSeconds?: number | undefined;
  /** Of `captions`, in BCP 47: `en`, `pt-BR`; `und` when it is unknown. */
  readonly language?: string | undefined;
  /** Of `captions`, for a menu: `English`. */
  readonly label?: string | undefined;
  /** Of `captions`: shown unless turned off, or only what is foreign in the video's own language. */
  readonly disposition?: 'default' | 'forced' | undefined;
  /** Of `captions`: somebody added them to the finished video, or put them in the place of those of the source. */
  readonly origin?: 'added' | undefined;
}
