/** The one place of this package that writes to the terminal. */

/** Writes one line to stdout. */
export function printLine(text = ''): void {
  process.stdout.write(`${text}\n`);
}

/** Writes one line to stderr: warnings, progress, errors. */
export function printNotice(text: string): void {
  process.stderr.write(`${text}\n`);
}
