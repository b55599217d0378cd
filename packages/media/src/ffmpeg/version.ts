/** What `ffmpeg -version` tells. Pure. */
export interface VersionReport {
  readonly version: string;
  /** `undefined` for builds from git that carry no release number. */
  readonly release: readonly [major: number, minor: number] | undefined;
  /** The options it was built with, e.g. `--enable-libx264`; empty when it does not say. */
  readonly configuration: readonly string[];
}

/** The oldest release that has all options in use: -fps_mode came with 5.1 (ffmpeg Changelog). */
const OLDEST_RELEASE: readonly [number, number] = [5, 1];

/** Reads the output of `-version`; `undefined` when it is not that of ffmpeg or ffprobe. */
export function readVersion(output: string): VersionReport | undefined {
  const version = /^ff(?:mpeg|probe) version (\S+)/m.exec(output)?.[1];
  if (version === undefined) return undefined;
  const numbers = /^n?(\d+)\.(\d+)/.exec(version);
  return {
    version,
    release: numbers === null ? undefined : [Number(numbers[1]), Number(numbers[2])],
    configuration: /^configuration: (.*)$/m.exec(output)?.[1]?.split(/\s+/).filter(Boolean) ?? [],
  };
}

/** Why this build cannot serve, or `undefined`. */
export function whyUnusable(report: VersionReport, program: 'ffmpeg' | 'ffprobe'): string | undefined {
  const { release, configuration, version } = report;
  if (release !== undefined && isOlder(release, OLDEST_RELEASE)) {
    return `version ${version} is too old, ${OLDEST_RELEASE.join('.')} or newer is needed`;
  }
  if (program === 'ffmpeg' && configuration.length > 0 && !configuration.includes('--enable-libx264')) {
    return 'it was built without libx264';
  }
  return undefined;
}

function isOlder(release: readonly [number, number], than: readonly [number, number]): boolean {
  return release[0] < than[0] || (release[0] === than[0] && release[1] < than[1]);
}
