/** The requests that stand beside the rows of `videos`: what is to be done for them in the queue. Rows are made by triggers. */
import { z } from 'zod';
import { type Database, type DatabaseRefusal, toDatabaseError } from './database.ts';

/** A request that is due, and the row it stands for. */
const videoRequest = z
  .object({
    video_id: z.guid(),
    request_id: z.guid(),
    options: z.record(z.string(), z.unknown()),
    failures: z.int().min(0),
    status: z.enum(['queued', 'processing', 'ready', 'rejected', 'failed', 'canceled']),
    owner_id: z.guid().nullable(),
    project: z.string(),
    source_bucket: z.string(),
    source_path: z.string(),
    source_proof: z.record(z.string(), z.unknown()).nullable(),
    queue_priority: z.int().positive().nullable(),
  })
  .transform((row) => ({
    videoId: row.video_id,
    requestId: row.request_id,
    options: row.options,
    /** How often in a row it could not be done. */
    failures: row.failures,
    status: row.status,
    ownerId: row.owner_id ?? undefined,
    project: row.project,
    source: { bucket: row.source_bucket, path: row.source_path },
    /** What is known of the source; a worker refuses one that differs. */
    proof: row.source_proof ?? {},
    /** The number for its job; undefined: it still has to be given one. */
    turn: row.queue_priority ?? undefined,
  }));

export type VideoRequest = z.output<typeof videoRequest>;

/** How a claim ends. */
export interface RequestOutcome {
  readonly videoId: string;
  readonly requestId: string;
  /** When it is looked at again; undefined: nothing is left to do. */
  readonly againSeconds: number | undefined;
  readonly failed: boolean;
}

export interface ClaimedRequests {
  readonly requests: readonly VideoRequest[];
  /** Rows that cannot be read; they stay leased until the lease expires. */
  readonly unreadable: readonly { readonly id: string; readonly problem: string }[];
}

export interface VideoRequestsTable {
  /**
   * Asks for the videos of uploads that were noted, where that is switched on.
   *
   * @returns how many were looked at.
   * @throws {MediaError} `database_failed`; `database_refused`, also where the migrations are older than this version.
   */
  readonly requestUploaded: (batch: number, signal: AbortSignal) => Promise<number>;
  /** Leases requests that are due. Throws as {@link requestUploaded}. */
  readonly claim: (options: {
    readonly holder: string;
    readonly batch: number;
    readonly leaseSeconds: number;
    readonly signal: AbortSignal;
  }) => Promise<ClaimedRequests>;
  /** Ends claims; requests that changed meanwhile stay due. Throws as {@link requestUploaded}. */
  readonly finish: (holder: string, outcomes: readonly RequestOutcome[], signal?: AbortSignal) => Promise<void>;
}

/** Opens the table on a database. */
export function openVideoRequests(database: Database): VideoRequestsTable {
  const call = async (
    action: string,
    name: string,
    parameters: Readonly<Record<string, unknown>>,
    signal: AbortSignal | undefined,
  ): Promise<unknown> => {
    const request = database.rpc(name, parameters);
    const { data, error } = (await (signal === undefined ? request : request.abortSignal(signal))) as {
      data: unknown;
      error: DatabaseRefusal | null;
    };
    if (error !== null) throw toDatabaseError(error, action);
    return data;
  };
  return {
    requestUploaded: async (batch, signal) =>
      z.number().parse(await call('Asking for uploaded videos', 'request_uploaded_sources', { batch }, signal)),

    claim: async ({ holder, batch, leaseSeconds, signal }) => {
      const parameters = { claimant: holder, batch, lease_seconds: leaseSeconds };
      return readClaimed(await call('Looking for videos to queue', 'claim_video_requests', parameters, signal));
    },

    finish: async (holder, outcomes, signal) => {
      const rows = outcomes.map(({ videoId, requestId, againSeconds, failed }) => ({
        video_id: videoId,
        request_id: requestId,
        again_seconds: againSeconds ?? null,
        failed,
      }));
      await call('Noting queued videos', 'finish_video_requests', { claimant: holder, outcomes: rows }, signal);
    },
  };
}

function readClaimed(answer: unknown): ClaimedRequests {
  const requests: VideoRequest[] = [];
  const unreadable: { id: string; problem: string }[] = [];
  for (const row of z.array(z.looseObject({ video_id: z.unknown() })).parse(answer)) {
    const { success, data, error } = videoRequest.safeParse(row);
    if (success) requests.push(data);
    else unreadable.push({ id: String(row.video_id), problem: z.prettifyError(error).replace(/\s+/g, ' ') });
  }
  return { requests, unreadable };
}
