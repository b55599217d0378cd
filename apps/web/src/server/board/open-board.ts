/** The board of a process, where the configuration wants one. */
import type { Log } from '@supabase-media/core/log';
import { openBoardQueue } from '@supabase-media/queue/board-queue';
import type { WebConfig } from '../config.ts';
import { startBoard } from './start-board.ts';

export interface OpenedBoard {
  /** Undefined: there is none. */
  readonly port: number | undefined;
  readonly close: () => Promise<void>;
}

/** Opens it with a queue of its own. @throws what listening throws. */
export async function openBoard(
  config: Pick<WebConfig, 'board' | 'queue' | 'metrics'>,
  log: Log,
): Promise<OpenedBoard> {
  if (config.board === undefined) return { port: undefined, close: async () => {} };
  const queue = openBoardQueue(config.queue);
  try {
    const board = await startBoard({ ...config.board, host: config.metrics.host, queue, log });
    return {
      port: board.port,
      close: async () => {
        await board.close();
        await queue.close();
      },
    };
  } catch (error) {
    await queue.close();
    throw error;
  }
}
