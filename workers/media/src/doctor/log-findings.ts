/** Logs the doctor's report when a worker starts: one line per problem and one summary. */
import type { Log } from '@supabase-media/core/log';
import type { DoctorReport } from './run-doctor.ts';

/** Logs the findings at their level. The worker starts anyway; it checks what it cannot run without separately. */
export function logFindings(report: DoctorReport, log: Log): void {
  for (const { status, check, code, message, remedy } of report.findings) {
    if (status === 'ok') continue;
    const fields = { event: 'doctor.finding', check, code };
    const line = `${code}: ${message} ${remedy ?? ''}`.trimEnd();
    if (status === 'error') log.error(fields, line);
    else log.warn(fields, line);
  }
  const seconds = report.seconds.toFixed(1);
  log.info(
    { event: 'doctor.done', status: report.status },
    `Checked the environment in ${seconds} s: ${report.status}`,
  );
}
