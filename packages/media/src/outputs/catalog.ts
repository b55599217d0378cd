/** Everything that can be made of a video. A new output is a file beside this one and a line here. */
import { captions } from './captions.ts';
import { hls } from './hls.ts';
import { info } from './info.ts';
import { type LocalFile, type Output, type OutputFile, UPLOAD_WAVES } from './output.ts';
import { poster } from './poster.ts';
import { preview } from './preview.ts';
import { storyboard } from './storyboard.ts';
import { video } from './video.ts';

/** In the order in which they are made and shown. */
export const OUTPUTS = [
  video,
  poster,
  captions, // Before HLS, which names them.
  storyboard,
  hls,
  preview,
  info, // Last: it tells of the others.
] as const;

export type OutputKind = (typeof OUTPUTS)[number]['kind'];

/** At least one, as a schema of an enumeration needs it. */
export const OUTPUT_KINDS = OUTPUTS.map(({ kind }) => kind) as [OutputKind, ...OutputKind[]];

/** Reads `video,hls`; `undefined` when a word is no kind of output or there is none. Doubles are dropped. */
export function parseOutputs(text: string): readonly OutputKind[] | undefined {
  const words = text.split(',').map((word) => word.trim());
  const known = OUTPUT_KINDS.filter((kind) => words.includes(kind));
  const isUnderstood = words.every((word) => OUTPUT_KINDS.some((kind) => kind === word));
  return isUnderstood ? known : undefined;
}

/** The step that makes an output: `encode`, with the MP4, and published with it; `derive`, after that. */
export type OutputStep = 'encode' | 'derive';

/** In the order of the catalog. */
export const inOrder = <Made extends { readonly kind: string }>(made: readonly Made[]): Made[] => {
  const place = ({ kind }: Made): number => OUTPUTS.findIndex((output) => output.kind === kind);
  return made.toSorted((a, b) => place(a) - place(b));
};

/** What a step makes of the outputs that are wanted, in order. */
export const outputsOf = (kinds: readonly string[], step: OutputStep): readonly Output[] =>
  OUTPUTS.filter((output) => kinds.includes(output.kind) && stepOf(output) === step);

const stepOf = ({ from, files }: Output): OutputStep =>
  from === 'source' || files.some(({ wave }) => wave === 'first') ? 'encode' : 'derive';

/** Files that may be uploaded at the same time, wave after wave. */
export function uploadWaves(files: readonly LocalFile[]): LocalFile[][] {
  return UPLOAD_WAVES.map((wave) => files.filter((file) => findFile(file.name)?.wave === wave)).filter(
    (found) => found.length > 0,
  );
}

/** What the catalog says of a file, by its name. */
export function findFile(name: string): OutputFile | undefined {
  return OUTPUTS.flatMap((output): readonly OutputFile[] => output.files).find((file) => matches(file.name, name));
}

function matches(pattern: string, name: string): boolean {
  const escaped = pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '[^/]+');
  return new RegExp(`^${escaped}$`).test(name);
}
