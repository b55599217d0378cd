/** The upload benchmark's report for people, at most 80 columns wide. */
import { formatBytes } from '@supabase-media/core/format';
import type { BenchReport } from './bench-uploads.ts';

/** The lines of the table. */
export function formatTable(report: BenchReport): string[] {
  const lines = [
    `Uploads to ${report.target}, medians of ${report.rounds} alternating rounds, whole processes.`,
    `Our idle process (an empty file): ${report.idleMb ?? '-'} MB at its highest. "x proved" is
relative to curl with md5sum beside it, the same proof by hand.`,
    '',
    `${'client'.padEnd(25)}${'size'.padStart(9)}${'seconds'.padStart(10)}${'x curl'.padStart(8)}${'x proved'.padStart(10)}${'peak MB'.padStart(8)}${'sent'.padStart(10)}`,
  ];
  for (const row of report.rows)
    lines.push(
      row.client.padEnd(25) +
        formatBytes(row.bytes).padStart(9) +
        row.seconds.toFixed(2).padStart(10) +
        row.ratio.toFixed(2).padStart(8) +
        row.provedRatio.toFixed(2).padStart(10) +
        (row.peakMb?.toFixed(0) ?? '-').padStart(8) +
        formatBytes(row.bytesSent).padStart(10),
    );
  return lines;
}
