/** What a check says, at most 80 columns wide. Pure. */
import type { CheckedFile } from './check/check-file.ts';
import { WIDTH, wrap } from './wrap.ts';

/** One file with one ffmpeg. */
export interface CheckedEntry extends CheckedFile {
  readonly file: string;
  readonly ffmpeg: string;
}

export const hasPassed = (entries: readonly CheckedEntry[]): boolean =>
  entries.every(({ findings }) => findings.length === 0);

/** A row for each file, and below it what is wrong with it. */
export function renderEntry(entry: CheckedEntry): string[] {
  const { source, mp4, hls, findings } = entry;
  const kinds = [...new Set(findings.map(({ kind }) => kind))].join(' ');
  const late = hls === undefined || Number.isNaN(hls.pictureLate) ? '-' : (hls.pictureLate * 1000).toFixed(0);
  const row = [
    shorten(entry.file, 27).padEnd(27),
    entry.outcome.padEnd(9),
    (source?.seconds.toFixed(2) ?? '-').padStart(8),
    (mp4?.seconds.toFixed(2) ?? '-').padStart(8),
    String(mp4?.frames ?? '-').padStart(6),
    late.padStart(6),
    kinds === '' ? 'ok' : kinds,
  ];
  return [row.join(' ').slice(0, WIDTH), ...findings.flatMap(({ kind, message }) => wrap(`  ${kind}: ${message}`))];
}

export const HEADER = `${'file'.padEnd(27)} ${'outcome'.padEnd(9)} source s    MP4 s frames HLS ms verdict`;

/** The end of a report; `HLS ms` is how much later the picture is against the sound than in the MP4. */
export function renderSummary(entries: readonly CheckedEntry[]): string[] {
  const wrong = entries.filter(({ findings }) => findings.length > 0);
  const kinds = new Map<string, number>();
  for (const kind of wrong.flatMap(({ findings }) => [...new Set(findings.map(({ kind }) => kind))])) {
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
  const counts = [...kinds].map(([kind, count]) => `${kind} ${count}`).join(', ');
  return [
    ...renderDifferences(entries),
    wrong.length === 0
      ? `${entries.length} checked, all as they should be`
      : `${entries.length} checked, ${wrong.length} FAILED: ${counts}`,
  ];
}

/** In what the ffmpegs differ, file by file. */
function renderDifferences(entries: readonly CheckedEntry[]): string[] {
  const versions = [...new Set(entries.map(({ ffmpeg }) => ffmpeg))];
  if (versions.length < 2) return [];
  const files = [...new Set(entries.map(({ file }) => file))];
  const lines = files.flatMap((file) => {
    const [first, ...others] = entries.filter((entry) => entry.file === file).map(describe);
    const differs = first !== undefined && others.some((other) => other.some((word, index) => word !== first[index]));
    if (!differs) return [];
    const told = [first, ...others].map((words, at) => {
      const own = words.filter((word, index) => [first, ...others].some((other) => other[index] !== word));
      return `${versions[at]?.split(/[-+]/, 1)[0]} ${own.filter((word) => word !== '').join(', ') || 'nothing'}`;
    });
    return wrap(`  ${file}: ${told.join('; ')}`);
  });
  return [
    '',
    `What differs between ffmpeg ${versions.join(' and ')}:`,
    ...(lines.length === 0 ? ['  nothing'] : lines),
    '',
  ];
}

function describe({ outcome, code, warnings, source, mp4, findings }: CheckedEntry): readonly string[] {
  return [
    `${outcome} ${code}`,
    source === undefined ? '' : `source ${source.seconds.toFixed(2)} s ${source.frames} frames`,
    mp4 === undefined ? '' : `MP4 ${mp4.seconds.toFixed(2)} s ${mp4.frames} frames`,
    warnings.length === 0 ? '' : `warns ${warnings.join(' ')}`,
    findings.length === 0 ? '' : `wrong: ${[...new Set(findings.map(({ kind }) => kind))].join(' ')}`,
  ];
}

function shorten(name: string, length: number): string {
  return name.length <= length ? name : `${name.slice(0, length - 9)}…${name.slice(-8)}`;
}
