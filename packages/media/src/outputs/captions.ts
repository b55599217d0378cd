/**
 * `captions/{language}.vtt`: the subtitles of the source as WebVTT, and the closed captions in its picture (CEA-608). Of a
 * source without either, nothing is made and nothing is run.
 */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { composeArguments } from '../ffmpeg/commands/compose.ts';
import { selectStreams } from '../ffmpeg/commands/mp4-options.ts';
import { sourceGuards } from '../ffmpeg/commands/source-guards.ts';
import { encodeLimits } from '../ffmpeg/encode-limits.ts';
import { runFfmpeg } from '../ffmpeg/run-process.ts';
import { fileUrl } from '../ffmpeg/sandbox.ts';
import { lastLines } from '../ffmpeg/stderr-lines.ts';
import { invalidOutput, writeWhole } from '../ffmpeg/write-whole.ts';
import type { ConvertPlan } from '../plan/plan.ts';
import { listTextTracks } from '../plan/subtitles.ts';
import { captionUnits, readClosedCaptions } from './captions/closed-captions.ts';
import { type Cue, readAssEvents, renderVtt, trimCues } from './captions/cues.ts';
import { type Disposition, nameTracks, readLanguage, UNKNOWN_LANGUAGE } from './captions/track-name.ts';
import { describeFile, type LocalOutput, type Output, type OutputFile, type OutputRequest } from './output.ts';

const FOLDER = 'captions';
const CAPTIONS_FILE: OutputFile = { name: `${FOLDER}/*.vtt`, contentType: 'text/vtt', wave: 'data' };

export const captions: Output<'captions'> = {
  kind: 'captions',
  about: 'captions/en.vtt and so on, the text subtitles and closed captions of the source, if it has any',
  from: 'source',
  files: [CAPTIONS_FILE],
  weight: () => 0,
  // Of each track a script, and then its captions.
  mostBytes: ({ info, bytes }) =>
    2 * MAX_SCRIPT_BYTES * (listTextTracks(info).length + (info.closedCaptions ? 1 : 0)) +
    (info.closedCaptions ? Math.min(bytes, MAX_UNITS_BYTES) : 0),
  make: makeCaptions,
  explain: ({ plan, inputPath, outDir, tools }) => {
    const tracks = listTextTracks(plan.info);
    const hidden = captionUnits(plan) !== undefined;
    if (tracks.length === 0 && !hidden) return undefined;
    const found = [
      `${tracks.length} subtitle track${tracks.length === 1 ? '' : 's'} of the source`,
      ...(hidden ? ['the closed captions in its picture'] : []),
    ];
    return {
      why: `${found.join(' and ')}; their texts become WebVTT without ffmpeg`,
      args: captionsArguments({ plan, inputPath, folder: join(outDir, FOLDER), threads: tools.limits.threads }),
    };
  },
};

/**
 * Makes a file for each track that has text. What an earlier try left in its folder is replaced.
 *
 * @throws {MediaError} `output_invalid` when ffmpeg cannot read them; what `runProcess` throws. No file is left then.
 */
async function makeCaptions(request: OutputRequest): Promise<LocalOutput[]> {
  const { mp4, source, outDir } = request;
  if (source === undefined) return [];
  const hasHidden = captionUnits(source.plan) !== undefined;
  if (listTextTracks(source.plan.info).length === 0 && !hasHidden) return [];
  const folder = join(outDir, FOLDER);
  const named = await writeWhole(folder, async (partial) => {
    await mkdir(partial, { recursive: true });
    const tracks = await readTracks(request, source, partial);
    const trimmed = tracks.map((track) => ({ ...track, cues: trimCues(track.cues, mp4.info.durationSeconds) }));
    const spoken = trimmed.filter(({ cues }) => cues.length > 0);
    const names = nameTracks(spoken);
    for (const [index, { cues }] of spoken.entries())
      await writeFile(join(partial, names[index]?.fileName ?? ''), renderVtt(cues));
    return names;
  });
  if (named.length === 0) await rm(folder, { recursive: true });
  const describe = async ({ fileName, ...track }: (typeof named)[number]) => {
    const file = { ...CAPTIONS_FILE, name: CAPTIONS_FILE.name.replace('*.vtt', fileName) };
    return { kind: 'captions', ...(await describeFile(outDir, file)), ...track };
  };
  return Promise.all(named.map(describe));
}

interface Track {
  readonly language: string;
  readonly disposition: Disposition | undefined;
  readonly cues: readonly Cue[];
}

/** Reads every track in one pass over the source. */
async function readTracks(
  request: OutputRequest,
  { path: inputPath, plan }: NonNullable<OutputRequest['source']>,
  folder: string,
): Promise<Track[]> {
  const { tools, signal } = request;
  const { durationSeconds } = plan.info;
  const run = await runFfmpeg({
    tools,
    args: captionsArguments({ plan, inputPath, folder, threads: tools.limits.threads }),
    durationSeconds,
    limits: encodeLimits(durationSeconds),
    signal,
  });
  const failure = lastLines(run.stderrTail, 2).join('; ') || `ffmpeg ended with ${run.exitCode}`;
  if (run.exitCode !== 0) throw invalidOutput('The file of captions', failure, run.stderrTail);
  const tracks: Track[] = [];
  for (const { index, language = '', isDefault, isForced } of listTextTracks(plan.info)) {
    const script = join(folder, scriptName(index));
    tracks.push({
      language: readLanguage(language) ?? UNKNOWN_LANGUAGE,
      disposition: isForced ? 'forced' : isDefault ? 'default' : undefined,
      cues: readAssEvents(await readFile(script, 'utf8')),
    });
    await rm(script);
  }
  if (captionUnits(plan) === undefined) return tracks;
  const unitsPath = join(folder, UNITS_NAME);
  const cues = await readClosedCaptions({ unitsPath, tools, plan, signal });
  await rm(unitsPath, { force: true });
  return [...tracks, { language: UNKNOWN_LANGUAGE, disposition: undefined, cues }];
}

/** Enough for a day of speech; what ffmpeg writes beyond is cut off. */
const MAX_SCRIPT_BYTES = 5_000_000;

/** Ten hours at 60 frames a second, of 100 bytes each. */
const MAX_UNITS_BYTES = 216_000_000;

const scriptName = (index: number): string => `${index}.ass`;
const UNITS_NAME = 'units';

interface CaptionsCommand {
  readonly plan: ConvertPlan;
  readonly inputPath: string;
  /** Where the subtitles go as scripts, and what of the picture carries captions. */
  readonly folder: string;
  readonly threads: number;
}

/**
 * Writes every text track as a script of ASS: its events are one line each, and its text is not mistaken for markup, as
 * in the WebVTT that ffmpeg writes. The streams of the MP4 are read along, for nothing: ffmpeg begins its clock with the
 * first stream that is used, so that the captions have the clock of the MP4.
 */
function captionsArguments({ plan, inputPath, folder, threads }: CaptionsCommand): string[] {
  const units = captionUnits(plan);
  return composeArguments({
    inputPath,
    outputPath: null,
    threads,
    guards: sourceGuards(plan),
    // Old files are no UTF-8, whatever their container says: a letter is lost, not the cue with it.
    inputOptions: ['-sub_charenc_mode', 'ignore'],
    outputOptions: [
      ...listTextTracks(plan.info).flatMap(({ index }) => [
        ...['-map', `0:${index}`, '-map_metadata', '-1', '-c:s', 'ass', '-fs', String(MAX_SCRIPT_BYTES)],
        ...['-f', 'ass', fileUrl(join(folder, scriptName(index)))],
      ]),
      ...(units === undefined
        ? []
        : [
            ...['-map', `0:${plan.source.index}`, '-map_metadata', '-1', '-c:v', 'copy'],
            ...[
              '-bsf:v',
              `filter_units=pass_types=${units}`,
              '-avoid_negative_ts',
              'disabled',
              '-fs',
              String(MAX_UNITS_BYTES),
            ],
            ...['-f', 'matroska', fileUrl(join(folder, UNITS_NAME))],
          ]),
      ...[...selectStreams(plan), '-c', 'copy', '-f', 'null'],
    ],
  });
}
