/** The upload benchmark's report for people, at most 80 columns wide. */
import { formatBytes } from '@supabase-media/core/format';
import type { BenchReport } from './bench-uploads.ts';

/** The lines of the table. */
export function formatTable(report: BenchReport): string[] {
  const lines = [
    `Uploads to ${report.target}, medians of ${report.rounds} alternating rounds, whole processes.`,
    `Our idle process (an empty file): ${report.idleMb ?? '-'} MB at its highest.`,
    '',
    `${'client'.padEnd(25)}${'size'.padStart(9)}${'seconds'.padStart(10)}${'x curl'.padStart(8)}${'peak MB'.padStart(10)}${'sent'.padStart(11)}`,
  ];
  for (const row of report.rows)
    lines.push(
      row.client.padEnd(25) +
        formatBytes(row.bytes).padStart(9) +
        row.seconds.toFixed(2).padStart(10) +
        row.ratio.toFixed(2).padStart(8) +
        (row.peakMb?.toFixed(0) ?? '-').padStart(10) +
        formatBytes(row.bytesSent).padStart(11),
    );
  return lines;
}
