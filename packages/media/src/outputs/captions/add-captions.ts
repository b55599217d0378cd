/**
 * Captions for a video that is finished: somebody's SubRip or WebVTT file, as files beside the results that are there. It
 * reads and writes through what it is handed, since this package knows no Storage.
 */
import { posix } from 'node:path';
import { MediaError } from '@supabase-media/core/errors';
import type { PublishedOutput } from '@supabase-media/core/published-output';
import { MAX_TRACKS } from '../../plan/subtitles.ts';
import { nameSubtitles, renderSubtitles, subtitleFiles } from '../hls/subtitles.ts';
import { type Cue, readCues, renderVtt, trimCues } from './cues.ts';
import { nameTrack, readLanguage } from './track-name.ts';

/** The largest file of captions that is taken, in bytes: a hundred hours of speech. */
export const MAX_CAPTIONS_BYTES = 5_000_000;

/** The largest that is kept as one text, in bytes: what Storage's answers may have, a working day of speech. */
const MAX_VTT_BYTES = 1_000_000;

/** The bucket of the results. */
export interface ResultFiles {
  /** `undefined` where there is no such file. */
  readonly read: (path: string) => Promise<string | undefined>;
  /** Replaces what is there. */
  readonly write: (file: {
    readonly path: string;
    readonly contentType: string;
    readonly text: string;
  }) => Promise<void>;
}

export interface AddCaptionsOptions {
  /** Those of the video's row, all in one bucket. */
  readonly outputs: readonly PublishedOutput[];
  readonly language: string;
  /** What somebody sent. */
  readonly content: Uint8Array;
  readonly files: ResultFiles;
}

/**
 * Writes the captions, and their rendition where there is an HLS stream: first files that name no others, at last the
 * master playlist. Captions in the same language are replaced. Doing it again does no harm.
 *
 * @returns how to name them in the row's outputs, as they are then.
 * @throws {MediaError} `invalid_argument` for a language, a file or a video that does not do; what `files` throws.
 */
export async function addCaptions(options: AddCaptionsOptions) {
  const { outputs, files } = options;
  const language = readLanguage(options.language);
  if (language === undefined) throw invalid(`"${options.language.slice(0, 40)}" is no language, as en or pt-BR is`);
  const stream = outputs.find(({ kind }) => kind === 'hls');
  const video = outputs.find(({ kind }) => kind === 'video') ?? stream;
  if (video === undefined) throw invalid('The video has neither an MP4 nor a stream to which captions could belong');
  const durationSeconds = video.durationSeconds ?? 0;
  const cues = trimCues(decodeCaptions(options.content), durationSeconds);
  if (cues.length === 0)
    throw invalid(`All captions begin after the end of the video, ${durationSeconds.toFixed(1)} s`);
  const folder = video === stream ? posix.dirname(posix.dirname(video.path)) : posix.dirname(video.path);
  const { fileName, ...track } = nameTrack(language);
  const path = `${folder}/captions/${fileName}`;
  const others = outputs.filter((output) => output.kind === 'captions');
  const known = others.find((output) => output.path === path);
  if (known === undefined && others.length >= MAX_TRACKS) throw invalid(`The video has ${MAX_TRACKS} captions already`);
  const { label = track.label, disposition } = known ?? {};

  const vtt = renderVtt(cues);
  const bytes = Buffer.byteLength(vtt);
  if (bytes > MAX_VTT_BYTES)
    throw invalid(`As WebVTT the captions have ${bytes} bytes, and one file of them at most ${MAX_VTT_BYTES}`);
  const contentType = 'text/vtt';
  await files.write({ path, contentType, text: vtt });
  if (stream !== undefined) {
    const rendition = renderSubtitles({ fileName, vtt, durationSeconds, language, label, disposition });
    const master = await files.read(stream.path);
    if (master === undefined) throw invalid(`The stream ${stream.path} is not there any more`);
    for (const { name: part, text } of subtitleFiles(rendition))
      await files.write({
        path: `${posix.dirname(stream.path)}/${part}`,
        contentType: part.endsWith('.vtt') ? contentType : stream.contentType,
        text,
      });
    await files.write({ path: stream.path, contentType: stream.contentType, text: nameSubtitles(master, [rendition]) });
  }
  const added = { kind: 'captions', bucket: video.bucket, path, contentType, bytes };
  const origin = 'added' as const;
  return { ...added, language, label, ...(disposition === undefined ? {} : { disposition }), origin };
}

/** The outputs of a row with captions that were added to them or replaced. */
export const mergeCaptions = <T extends PublishedOutput>(outputs: readonly T[], added: T): T[] => {
  const rest = outputs.filter(({ kind, path }) => kind !== 'captions' || path !== added.path);
  const isNew = rest.length === outputs.length;
  return [
    ...rest.map((output) => (isNew && output.kind === 'hls' ? { ...output, files: (output.files ?? 1) + 2 } : output)),
    added,
  ];
};

/** @throws {MediaError} `invalid_argument` when it is no text of captions. */
function decodeCaptions(content: Uint8Array): readonly Cue[] {
  if (content.byteLength > MAX_CAPTIONS_BYTES)
    throw invalid(`The file has ${content.byteLength} bytes, and captions at most ${MAX_CAPTIONS_BYTES}`);
  const cues = readCues(decodeText(content));
  if (typeof cues === 'string') throw invalid(`The file holds no captions: ${cues}`);
  return cues;
}

function decodeText(content: Uint8Array): string {
  const mark = Buffer.from(content.subarray(0, 2)).toString('hex');
  const encoding = { fffe: 'utf-16le', feff: 'utf-16be' }[mark] ?? 'utf-8';
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(content);
  } catch {
    throw invalid('The file is neither UTF-8 nor UTF-16: save it as UTF-8');
  }
}

/** For the person who adds captions, as much as for an operator. */
const invalid = (message: string): MediaError =>
  new MediaError({ code: 'invalid_argument', message: `${message}.`, forUser: `${message}.` });
