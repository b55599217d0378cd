/** The queue beside the jobs' own, which nobody works: what producers tell workers of single jobs. */
import type { QueueBackend } from './backend.ts';
import { type CancelFlags, cancelFlags } from './cancel-flags.ts';
import { type EndNotices, endNotices } from './end-notices.ts';
import { openQueue } from './open-queue.ts';
import { CANCEL_QUEUE_NAME } from './queue-names.ts';

export interface SideQueue {
  readonly flags: CancelFlags;
  readonly notices: EndNotices;
  readonly close: () => Promise<void>;
}

/**
 * Opens it. The caller closes it.
 *
 * @throws {MediaError} `queue_unreachable`.
 */
export async function openSideQueue(backend: QueueBackend): Promise<SideQueue> {
  const queue = await openQueue(backend, CANCEL_QUEUE_NAME);
  return { flags: cancelFlags(queue), notices: endNotices(queue), close: () => queue.close() };
}
