/** Logs findings when a process starts: one line per problem and one summary. */
import type { Log } from '@supabase-media/core/log';
import { type Finding, worstStatus } from './findings.ts';

/** Logs the findings at their level; what the process cannot run with is for `assertCanWork`. */
export function logFindings(findings: readonly Finding[], seconds: number, log: Log): void {
  for (const { status, check, code, message, remedy } of findings) {
    if (status === 'ok') continue;
    const fields = { event: 'doctor.finding', check, code };
    const line = `${code}: ${message} ${remedy ?? ''}`.trimEnd();
    if (status === 'error') log.error(fields, line);
    else log.warn(fields, line);
  }
  const status = worstStatus(findings);
  log.info({ event: 'doctor.done', status }, `Checked the environment in ${seconds.toFixed(1)} s: ${status}`);
}
