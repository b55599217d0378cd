/** `info.json`: what was made, of what, and why, for programs that have the files and no database. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { summarize } from '../plan/media-summary.ts';
import { PROFILE_VERSION } from '../plan/profiles.ts';
import { describeFile, type Output, type OutputFile, type OutputRequest } from './output.ts';

const FILE: OutputFile = { name: 'info.json', contentType: 'application/json', wave: 'summary' };

/** A summary, whatever the video. */
const MAX_BYTES = 1_000_000;

export const info: Output<'info'> = {
  kind: 'info',
  about: 'info.json, how everything was made',
  from: 'mp4',
  files: [FILE],
  isSummary: true,
  weight: () => 0,
  mostBytes: () => MAX_BYTES,
  make: async (request) => {
    const { outDir } = request;
    await writeFile(join(outDir, FILE.name), `${JSON.stringify(describeResult(request), null, 2)}\n`);
    return [{ kind: 'info', ...(await describeFile(outDir, FILE)) }];
  },
  explain: () => undefined,
};

/** No time and no name of the source: the same source gives the same bytes. */
function describeResult({ result, mp4, profile, tools }: OutputRequest): Record<string, unknown> {
  const { probe, outcome, reasons, warnings, outputs } = result;
  return {
    version: 1,
    profile: { name: profile, version: PROFILE_VERSION },
    outcome,
    reasons,
    warnings,
    input: summarize(probe),
    output: summarize(mp4.info),
    /** In LUFS and dBTP; only where it was changed. */
    loudness: mp4.info.loudness,
    /** Names are relative to this file. */
    files: outputs.map(({ path: _, parts, facts: __, ...output }) => ({ ...output, files: parts?.length })),
    ...Object.fromEntries(outputs.map(({ kind, facts }) => [kind, facts])),
    ffmpeg: tools.ffmpeg.version,
  };
}
