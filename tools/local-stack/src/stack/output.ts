/** Writes to the terminal; nothing else in this package does. */

/** Writes one line to stdout. */
export function printLine(text = ''): void {
  process.stdout.write(`${text}\n`);
}

/** Writes one line to stderr: warnings, progress, errors. */
export function printNotice(text: string): void {
  process.stderr.write(`${text}\n`);
}
