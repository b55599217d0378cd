/** What a worker that starts tells about its set-up: every complaint one line of the log, and one line for the rest. */
import type { Log } from '@supabase-media/core/log';
import type { DoctorReport } from './run-doctor.ts';

/** Writes the findings; `error` ones as errors. The worker starts all the same: what it cannot do without, it refuses by itself. */
export function logFindings(report: DoctorReport, log: Log): void {
  for (const { status, check, code, message, remedy } of report.findings) {
    if (status === 'ok') continue;
    const fields = { event: 'doctor.finding', check, code };
    const words = `${code}: ${message} ${remedy ?? ''}`.trimEnd();
    if (status === 'error') log.error(fields, words);
    else log.warn(fields, words);
  }
  const seconds = report.seconds.toFixed(1);
  log.info({ event: 'doctor.done', status: report.status }, `Looked at the set-up in ${seconds} s: ${report.status}`);
}
