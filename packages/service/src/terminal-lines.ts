/**
 * A line of the log as people read it on a terminal: time, the video that it is about, words. Every line fits the width
 * and names its video, so that jobs which run at the same time can be followed. What programs read of it is in the JSON
 * lines, and left out here. Pure.
 */

export interface TerminalOptions {
  /** The width, in characters. */
  readonly columns: number;
  readonly isColored: boolean;
  /** Stack traces are for developers. */
  readonly showsStacks: boolean;
}

/** SGR codes (ECMA-48, 8.3.117). */
const DIM = 2;
const RED = 31;
const YELLOW = 33;

/** For videos: each has one, by its id. Without red and yellow, which stand for levels. */
const VIDEO_COLORS = [32, 34, 35, 36, 92, 94, 95, 96] as const;

/** Pino's levels. */
const WARN = 40;
const ERROR = 50;

/** The first group of a UUID tells videos apart on a screen. */
const SHORT_ID = /[0-9a-f]{8}(?=-[0-9a-f]{4}-)/i;

/** What has no id of a video is named by so many characters of its job's. */
const SHORT_JOB = 12;

/** A terminal that is told to be narrower is not: words need some room. */
const MIN_COLUMNS = 40;

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** Names in the log come from strangers: what a terminal would obey is shown instead. */
const visible = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for.
  text.replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, (character) =>
    character === '\t' ? ' ' : `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );

/** The video or job that a line is about, in a few characters; empty for one that is about none. */
function nameOf({ videoId, jobId }: Readonly<Record<string, unknown>>): string {
  const id = textOf(videoId) || textOf(jobId);
  return SHORT_ID.exec(id)?.[0] ?? visible(id).slice(0, SHORT_JOB);
}

/** What an error and its causes say beyond the message, and where it was thrown if that is wanted. */
function linesOfError(error: unknown, said: string, showsStacks: boolean): readonly string[] {
  if (typeof error !== 'object' || error === null) return [];
  const { message, stack, cause } = error as Readonly<Record<string, unknown>>;
  const words = textOf(message);
  const own = words === '' || said.includes(words) ? [] : [`  ${words}`];
  const trace = showsStacks ? textOf(stack).split('\n').slice(1) : [];
  return [...own, ...trace, ...linesOfError(cause, `${said}\n${words}`, showsStacks)];
}

/** Breaks a text into lines of a width, at spaces where there are any; later ones are indented. */
function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  const indent = /^ */.exec(text)?.[0] ?? '';
  let rest = text;
  while (rest.length > width) {
    const space = rest.lastIndexOf(' ', width);
    const isWord = rest.slice(0, space + 1).trim() === '';
    lines.push(rest.slice(0, isWord ? width : space));
    rest = `${indent}  ${rest.slice(isWord ? width : space + 1)}`;
  }
  return [...lines, rest];
}

/** @param line as pino made it, and secrets taken out. */
export function formatForTerminal(line: Readonly<Record<string, unknown>>, options: TerminalOptions): string {
  const paint = (code: number, text: string): string =>
    options.isColored && text !== '' ? `\u001b[${code}m${text}\u001b[0m` : text;
  const level = Number(line.level);
  const [label, color] = level >= ERROR ? ['error: ', RED] : level >= WARN ? ['warning: ', YELLOW] : ['', undefined];
  const said = `${label}${textOf(line.msg)}`;
  const name = nameOf(line);
  const time = new Date(Number(line.time)).toTimeString().slice(0, 8);
  const before = name === '' ? '' : `${name} `;
  const width = Math.max(MIN_COLUMNS, options.columns) - time.length - 1 - before.length;
  const digits = Number.parseInt(name, 16) || 0;
  const videoColor = VIDEO_COLORS[digits % VIDEO_COLORS.length] ?? DIM;
  const texts = [...visible(said).split('\n'), ...linesOfError(line.err, said, options.showsStacks).map(visible)];
  return texts
    .flatMap((text) => text.split('\n'))
    .flatMap((text) => wrap(text, width))
    .map((text, index) => {
      const clock = index === 0 ? time : ' '.repeat(time.length);
      return `${paint(DIM, clock)} ${paint(videoColor, before)}${color === undefined ? text : paint(color, text)}\n`;
    })
    .join('');
}
