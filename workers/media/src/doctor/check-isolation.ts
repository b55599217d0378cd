/** Checks what keeps ffmpeg, which reads files of strangers, from the rest of this machine: one finding for each part. */

import { allRight, type Finding, found } from '@supabase-media/diagnosis/findings';
import type { IsolationReport } from '@supabase-media/media/isolation';

/** Pure: the trial was made when the programs were located. */
export function judgeIsolation(report: IsolationReport, userId: number | undefined): readonly Finding[] {
  return [limits(report), privileges(report), network(report), keys(report), user(report, userId)];
}

const limits = ({ limitsResources }: IsolationReport): Finding =>
  limitsResources
    ? allRight('isolation', 'The system bounds the memory and the processor time of ffmpeg (prlimit).')
    : found('isolation', 'isolation_no_limits', { message: 'There is no prlimit on the PATH.' });

const privileges = ({ noNewPrivileges }: IsolationReport): Finding =>
  noNewPrivileges
    ? allRight('isolation', 'ffmpeg gains no rights by other programs (no_new_privs).')
    : found('isolation', 'isolation_privileges', { message: 'There is no setpriv on the PATH, or it does not work.' });

const network = ({ ownNetwork, namespaces }: IsolationReport): Finding =>
  ownNetwork
    ? allRight(
        'isolation',
        `ffmpeg has no network (a namespace of its own, ${namespaces.includes('user') ? 'in a user namespace' : 'made by root'}).`,
      )
    : found('isolation', 'isolation_network', {
        message: 'A child was not given a network namespace of its own (unshare).',
      });

const keys = ({ canReadWorker }: IsolationReport): Finding =>
  canReadWorker
    ? found('isolation', 'isolation_keys', {
        message: 'A child of this process can read its environment and memory (/proc).',
      })
    : allRight('isolation', 'ffmpeg cannot read the environment and memory of the worker, where the keys are.');

const user = ({ runsAsRoot }: IsolationReport, userId: number | undefined): Finding =>
  runsAsRoot
    ? found('isolation', 'runs_as_root', { message: 'This process runs as root, and ffmpeg with it.' })
    : allRight('isolation', `ffmpeg runs as the ordinary user ${userId ?? 'of this process'}.`);
