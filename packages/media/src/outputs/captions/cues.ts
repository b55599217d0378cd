/**
 * Reads the text of subtitles, SubRip, WebVTT or the events of ASS, and writes WebVTT. Pure. Texts come from strangers:
 * of their markup only bold, italics, underline, voices, classes and ruby are kept, everything else is text or gone.
 */

import { cueTime } from '../../plan/storyboard.ts';

export interface Cue {
  /** Seconds from the start of the video. */
  readonly from: number;
  readonly to: number;
  /** Where it stands, as WebVTT writes it: `line:0 align:left`; usually empty. */
  readonly settings: string;
  /** WebVTT cue text: escaped, without an empty line. */
  readonly text: string;
}

/** A film has 2,000; with karaoke in ASS, one for each syllable, ten times as many. */
const MAX_CUES = 20_000;
/** What is longer is no subtitle. */
const MAX_CUE_CHARACTERS = 2000;

/**
 * Reads a file that somebody wrote: SubRip (.srt) or WebVTT (.vtt), which differ in little but the comma in their times
 * (https://www.w3.org/TR/webvtt1/). Notes, styles and regions are left out.
 *
 * @returns its cues in order, or a sentence that says why it is no such file.
 */
export function readCues(text: string): readonly Cue[] | string {
  const blocks = text
    .replace(/^\uFEFF/, '')
    .replaceAll('\0', '')
    .replace(/\r\n?/g, '\n')
    .split(/\n{2,}/, MAX_CUES);
  const cues = blocks.flatMap((block) => {
    const lines = block.split('\n');
    const at = lines.findIndex((line) => line.includes('-->'));
    // Before the times there may be a line that counts or names the cue.
    const times = at < 0 || at > 2 ? null : TIMES.exec(lines[at] ?? '');
    if (times === null) return [];
    const [, from = '', to = '', settings = ''] = times;
    const words = settings.split(/\s+/).filter((word) => SETTING.test(word));
    return [
      { from: toSeconds(from), to: toSeconds(to), settings: words.join(' '), text: lines.slice(at + 1).join('\n') },
    ];
  });
  if (cues.length === 0) return 'it has no cue with times, as SubRip (.srt) and WebVTT (.vtt) have them';
  return finish(cues.map((cue) => ({ ...cue, text: cleanMarkup(cue.text.slice(0, MAX_CUE_CHARACTERS)) })));
}

const TIMES = /^\s*((?:\d{1,4}:)?\d{1,2}:\d{1,2}[.,]\d{1,3})\s*-->\s*((?:\d{1,4}:)?\d{1,2}:\d{1,2}[.,]\d{1,3})(.*)$/;
const SETTING = /^(?:vertical|line|position|size|align):[A-Za-z0-9.,%-]{1,40}$/;

const toSeconds = (time: string): number =>
  time
    .replace(',', '.')
    .split(':')
    .reduce((sum, part) => sum * 60 + Number(part), 0);

/** What is written as WebVTT escapes it stays so; a bare `&` or `<` becomes text. */
function cleanMarkup(text: string): string {
  return text
    .replace(/\{\\[^}]*\}/g, '')
    .split(/(<[^<>]*>)/)
    .map((part) => {
      if (MARKUP.test(part)) return part;
      if (/^<\/?[A-Za-z!][^<>]*>$/.test(part)) return '';
      return part
        .replace(/&(?!(?:amp|lt|gt|nbsp|lrm|rlm|#\d{1,7});)/g, '&amp;')
        .replaceAll('<', '&lt;')
        .replaceAll('>', '&gt;');
    })
    .join('');
}

/** Tags of WebVTT without what could be mistaken for another; `<v Name>` and `<c.class>` among them. */
const MARKUP = /^<(?:\/?(?:b|i|u|c|v|ruby|rt)|c(?:\.[\w-]{1,30}){1,4}|v [^<>&\n]{1,60})>$/;

/**
 * Reads the events of a script that ffmpeg wrote, whatever the subtitles were before: one line each, its text last
 * (`Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text`).
 */
export function readAssEvents(script: string): readonly Cue[] {
  const cues = [
    ...script.matchAll(/^Dialogue: [^,\n]*,(\d+:\d\d:\d\d\.\d\d),(\d+:\d\d:\d\d\.\d\d),(?:[^,\n]*,){6}([^\n]*)/gm),
  ];
  return finish(
    cues.map(([, from = '', to = '', text = '']) => ({
      from: toSeconds(from),
      to: toSeconds(to),
      settings: '',
      text: assToMarkup(text.slice(0, MAX_CUE_CHARACTERS)),
    })),
  );
}

/** Bold, italics and underline are kept; positions, colours, fonts and drawings are gone (the override codes of ASS). */
function assToMarkup(text: string): string {
  let isDrawing = false;
  let open: readonly string[] = [];
  const parts = text.split(/(\{[^}]*\})/).map((part) => {
    if (!/^\{.*\}$/.test(part))
      return isDrawing ? '' : escapeText(part.replace(/\\[Nn]/g, '\n').replaceAll('\\h', ' '));
    const before = open;
    for (const [, code, tag = '', value] of part.matchAll(/\\(?:(p|r)|([biu]))(\d*)/g)) {
      if (code === 'p' && value !== '') isDrawing = value !== '0';
      if (code === 'r') open = [];
      if (tag !== '' && value !== '')
        open = [...open.filter((other) => other !== tag), ...(value === '0' ? [] : [tag])];
    }
    return switchTags(before, open);
  });
  return parts.join('') + switchTags(open, []);
}

/** Tags of WebVTT are nested: what is not open any more cannot be closed alone. */
function switchTags(before: readonly string[], after: readonly string[]): string {
  if (before.join() === after.join()) return '';
  return [...before.toReversed().map((tag) => `</${tag}>`), ...after.map((tag) => `<${tag}>`)].join('');
}

const escapeText = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** In order, none empty, none twice (signs in ASS are drawn in layers), and no more than anybody reads. */
function finish(cues: readonly Cue[]): Cue[] {
  const clean = cues
    .map((cue) => ({ ...cue, text: cue.text.replace(/\s*[\r\n]\s*/g, '\n').trim() }))
    .filter(({ from, to, text }) => to > from && text.replace(/<[^>]*>/g, '').trim() !== '')
    .sort((a, b) => a.from - b.from || a.to - b.to);
  const keyOf = ({ from, to, text }: Cue) => `${from} ${to} ${text}`;
  const keys = new Set<string>();
  return clean.filter((cue) => !keys.has(keyOf(cue)) && keys.add(keyOf(cue))).slice(0, MAX_CUES);
}

/** Cues of a video of so many seconds: what is beyond its end is left out. */
export const trimCues = (cues: readonly Cue[], seconds: number): readonly Cue[] =>
  cues
    .filter(({ from, to }) => from < seconds && to > 0)
    .map((cue) => ({ ...cue, from: Math.max(0, cue.from), to: Math.min(cue.to, seconds) }));

export const renderVtt = (cues: readonly Cue[]): string =>
  `${['WEBVTT', ...cues.map((cue) => `${cueTime(cue.from)} --> ${cueTime(cue.to)} ${cue.settings}`.trim().concat('\n', cue.text))].join('\n\n')}\n`;
