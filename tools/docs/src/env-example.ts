/** `.env.example`, written from the table of variables, so that the file cannot say what the worker does not do. */

import type { Variable } from '@supabase-media/service/settings-table';
import { VARIABLES } from '@supabase-media/worker/config-variables';

/** What is written of a variable, whichever program reads it. */
export type DescribedVariable = Omit<Variable, 'schema'>;

const WIDTH = 78;

/** Breaks a text into comment lines of at most 80 columns. */
function comment(text: string): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line].map((text) => `# ${text}`);
}

function describe(name: string, variable: DescribedVariable): string[] {
  const preset = variable.default === undefined ? 'No default.' : `Default: ${variable.default}.`;
  return [
    ...comment(variable.reason),
    ...comment(`${preset} Allowed: ${variable.allowed}.`),
    // A default is shown as it is, ready to be changed; without one the line stays a comment.
    `${variable.default === undefined ? '# ' : ''}${name}=${variable.default ?? variable.example ?? ''}`,
    '',
  ];
}

/**
 * The whole file.
 *
 * @param others tables of other programs, after the worker's.
 */
export function renderEnvExample(others: Readonly<Record<string, DescribedVariable>> = {}): string {
  const lines = [
    ...comment(
      'Copy to .env and fill in. Every variable the worker and the intake read stands here; an empty one counts as unset.',
    ),
    ...comment('This file is written by `npm run env:example` from the two tables in config-variables.ts.'),
    '',
  ];
  let section = '';
  for (const [name, variable] of Object.entries<DescribedVariable>({ ...VARIABLES, ...others })) {
    if (variable.section !== section) {
      section = variable.section;
      lines.push(`# ${'-'.repeat(3)} ${section} ${'-'.repeat(WIDTH - 5 - section.length)}`, '');
    }
    lines.push(...describe(name, variable));
  }
  return `${lines.join('\n').trimEnd()}\n`;
}
