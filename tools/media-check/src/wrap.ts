/** The widest line of a report. */
export const WIDTH = 80;

/** Breaks a text at spaces; it stays indented, and what follows its first line is indented by two more. */
export function wrap(text: string): string[] {
  const indent = ' '.repeat(text.length - text.trimStart().length);
  const lines: string[] = [];
  let line = '';
  for (const word of text.trimStart().split(' ')) {
    const start = lines.length === 0 ? indent : `${indent}  `;
    if (line !== '' && start.length + line.length + 1 + word.length > WIDTH) {
      lines.push(start + line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, (lines.length === 0 ? indent : `${indent}  `) + line];
}
