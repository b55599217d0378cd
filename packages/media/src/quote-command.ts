/** Writes a command so that a shell reads it as it is meant (POSIX Shell, 2.2.2). Pure. */
export function quoteCommand(words: readonly string[]): string {
  return words
    .map((word) => (/^[A-Za-z0-9_./:=,+@%-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
    .join(' ');
}
