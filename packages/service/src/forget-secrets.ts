/** Takes secrets out of the environment of this process, once they are read. */
import type { VariableTable } from './settings-table.ts';

/**
 * Deletes a table's secrets from an environment: nothing that is loaded later finds them there, and no child is handed
 * them by mistake. What the system gave the process at its start stays in /proc/PID/environ, which no program can take
 * back; who may read that is a matter of isolation (docs/decisions/0024-isolated-ffmpeg.md).
 */
export function forgetSecrets(table: VariableTable, environment: NodeJS.ProcessEnv = process.env): void {
  for (const [name, { secret }] of Object.entries(table)) if (secret) delete environment[name];
}
