/** Counts in the text of files: lines, names of features, one number that must be written once. Pure. */
import { isTest, type SourceFile } from './source-files.ts';

/** 2 GiB, in a form that this script does not find. */
const TWO_GIB = 0x8000_0000;

/** Products and powers of whole numbers, such as `2 * 1024 ** 3`, single numbers, and `1 << 31`. */
const ARITHMETIC = /(?<![\w.])\d[\d_]*(?:\s*(?:\*\*|\*|<<)\s*\d[\d_]*)*/g;

function evaluate(expression: string): number {
  const [first = '', ...factors] = expression.replaceAll('_', '').split(/\s*(?<!\*)\*(?!\*)\s*/);
  const power = (term: string): number => {
    const [base = 0, ...exponents] = term.split(/\s*\*\*\s*/).map(Number);
    return exponents.length === 0 ? base : base ** exponents.reduceRight((right, left) => left ** right);
  };
  const shift = (term: string): number => {
    const [base = '', bits] = term.split(/\s*<<\s*/);
    return bits === undefined ? power(base) : power(base) * 2 ** Number(bits);
  };
  return factors.reduce((product, factor) => product * shift(factor), shift(first));
}

/** Constants such as `const MIB = 1024 * 1024`, which sizes are computed from. */
const CONSTANT = /\bconst ([A-Z]\w*) = (\d[\d_]*(?:\s*(?:\*\*|\*|<<)\s*\d[\d_]*)*);/g;

/** Where a file writes 2 GiB as a number, however it is computed; in strings too. Comments do not count. */
export const findTwoGib = (files: readonly SourceFile[]): readonly string[] =>
  files.flatMap(({ path, text }) => {
    let code = text.replace(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, '');
    for (const [, name, value = ''] of code.matchAll(CONSTANT))
      if (evaluate(value) !== TWO_GIB) code = code.replace(new RegExp(`(?<!const )\\b${name}\\b`, 'g'), value);
    return [...code.matchAll(ARITHMETIC)]
      .filter(([expression]) => evaluate(expression) === TWO_GIB)
      .map(([expression]) => `${path}: ${expression}`);
  });

/** A feature. The files outside its own that mention it are those that had to change to add it. */
export interface Feature {
  readonly name: string;
  /** What counts as a mention. */
  readonly pattern: RegExp;
  /** The start of the paths of its own files. */
  readonly own: readonly string[];
  /** The start of the paths of code that only uses it. */
  readonly users: readonly string[];
}

/** Files that mention a feature, without its own, its users' and tests. */
export const findMentions = (feature: Feature, files: readonly SourceFile[]): readonly string[] =>
  files
    .filter(
      ({ path }) => !isTest(path) && ![...feature.own, ...feature.users].some((prefix) => path.startsWith(prefix)),
    )
    .filter(({ text }) => feature.pattern.test(text))
    .map(({ path }) => path);

/** Lines of TypeScript outside tests and outside the given features' own files. */
export const countLines = (files: readonly SourceFile[], except: readonly string[]): number =>
  files
    .filter(({ path }) => !isTest(path) && !except.some((prefix) => path.startsWith(prefix)))
    .reduce((sum, { text }) => sum + text.split('\n').length - 1, 0);
