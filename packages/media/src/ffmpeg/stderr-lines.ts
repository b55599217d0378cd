/** The last lines that a program wrote, without the addresses that differ from run to run. */
export function lastLines(stderrTail: string, count = 5): string[] {
  return stderrTail
    .split('\n')
    .map((line) => line.replace(/ @ 0x[0-9a-f]+/g, '').trim())
    .filter((line) => line !== '')
    .slice(-count);
}
