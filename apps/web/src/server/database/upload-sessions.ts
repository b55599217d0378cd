/**
 * The `upload_sessions` table. Reads act as the user; each write is conditional on the state it starts from, so that only
 * one of two concurrent processes makes a change.
 */

import type { Proof } from '@supabase-media/upload-protocol/decide-proof';
import { LIST_MAX, SESSION_SECONDS } from '@supabase-media/upload-protocol/limits';
import { z } from 'zod';
import { UPLOAD_STATES, type UploadDigests } from '../../contract/uploads.ts';
import type { User } from '../verify-token.ts';
import { ask, asUser, type Database } from './database.ts';
import { type LeasedSessions, readLeased } from './leased-sessions.ts';
import { SESSION_TABLE, type UploadSession, uploadSessionRow } from './upload-session.ts';

const TABLE = SESSION_TABLE.table;

export interface NewUploadSession {
  readonly id: string;
  readonly ownerId: string;
  readonly videoId: string;
  readonly project: string;
  readonly fileName: string;
  readonly size: number;
  readonly contentType: string;
  readonly sha256: string | undefined;
  readonly bucket: string;
  readonly path: string;
  readonly strategy: UploadSession['strategy'];
}

export interface SessionLimits {
  readonly maxOpen: number;
  readonly createPerMinute: number;
}

/** The new session, or why none was created. */
export type CreateAnswer =
  | { readonly kind: 'created'; readonly session: UploadSession }
  | { readonly kind: 'too_many_sessions'; readonly open: number }
  | { readonly kind: 'rate_limited'; readonly retryAfterSeconds: number };

/** The lease on a session: its id, and the request or sweep that holds the lease. */
export interface Lease {
  readonly id: string;
  readonly holder: string;
}

type Unfinished = 'open' | 'completing';
type Ended = 'completed' | 'canceled';

export interface UploadSessions {
  readonly create: (session: NewUploadSession, limits: SessionLimits) => Promise<CreateAnswer>;
  readonly find: (user: User, id: string) => Promise<UploadSession | undefined>;
  /** The current state, whoever owns it; undefined if the row was deleted. */
  readonly stateOf: (id: string) => Promise<UploadSession['state'] | undefined>;
  readonly list: (user: User, state: UploadSession['state'] | undefined) => Promise<readonly UploadSession[]>;
  /** Leases an unfinished session to complete it; undefined if another request holds the lease or the session has ended. */
  readonly lease: (lease: Lease, leaseSeconds: number) => Promise<UploadSession | undefined>;
  /** Keeps what the uploader says of the file, for the lease's holder only: whoever completes the session may be another. */
  readonly noteDigests: (lease: Lease, digests: UploadDigests) => Promise<void>;
  /** Back to `open`, for the lease's holder only. `awaitsRoom: false`: {@link awaitRoom} was for nothing. */
  readonly reopen: (
    lease: Lease,
    confirmedBytes: number,
    options?: { readonly awaitsRoom?: false | undefined },
  ) => Promise<boolean>;
  /**
   * As {@link reopen}, of a session whose upload is complete and only waits for its owner's other videos: it lives for
   * another week, and a sweep completes it when there is room.
   */
  readonly awaitRoom: (lease: Lease) => Promise<boolean>;
  /** The end, for the lease's holder only. */
  readonly finish: (
    lease: Lease,
    state: Ended,
    result?: { readonly endCode?: string | undefined; readonly verified?: Proof | undefined },
  ) => Promise<boolean>;
  /** Ends a session that is in one of the given states. */
  readonly cancel: (id: string, from: readonly (Unfinished | 'completed')[], endCode?: string) => Promise<boolean>;
  /** Notes until when a token works that is being given out; never lowers it. */
  readonly noteToken: (id: string, until: Date) => Promise<void>;
  /** Raises the confirmed bytes of an open session; never lowers them. */
  readonly confirm: (id: string, bytes: number) => Promise<void>;
  /** Replaces the resumable upload, if the session still has the one that was seen. */
  readonly replaceUpload: (id: string, seen: string | undefined, uploadId: string | null) => Promise<boolean>;
  readonly markCleaned: (id: string) => Promise<void>;
  /** Leases sessions that await room and whose owner has room now. */
  readonly leaseWaiting: (options: {
    readonly holder: string;
    readonly batch: number;
    readonly leaseSeconds: number;
    readonly maxQueued: number;
  }) => Promise<LeasedSessions>;
  /** Leases expired sessions whose video is still queued: it may have no job. */
  readonly leaseOrphaned: (options: {
    readonly holder: string;
    readonly batch: number;
    readonly leaseSeconds: number;
  }) => Promise<LeasedSessions>;
  /** Ends the other expired sessions; returns how many were abandoned. */
  readonly abandonExpired: (batch: number) => Promise<number>;
  /** Ends unfinished sessions whose object is larger than announced; returns how many. */
  readonly endOversized: (batch: number) => Promise<number>;
  /** Leases completed sessions whose tokens can no longer be used, once each. */
  readonly leaseCompleted: (options: {
    readonly holder: string;
    readonly batch: number;
    readonly leaseSeconds: number;
  }) => Promise<LeasedSessions>;
  readonly leaseRemains: (options: {
    readonly holder: string;
    readonly batch: number;
    readonly leaseSeconds: number;
    readonly retentionSeconds: number;
  }) => Promise<LeasedSessions>;
  /** Deletes an unsuccessful session. */
  readonly forget: (id: string) => Promise<void>;
  /** Deletes completed sessions that ended before a time and were looked at since their tokens expired. */
  readonly forgetCompleted: (before: Date) => Promise<void>;
}

const createAnswer = z.union([
  z.object({ session: uploadSessionRow }).transform(({ session }) => ({ kind: 'created' as const, session })),
  z
    .object({ refusal: z.literal('too_many_sessions'), open: z.coerce.number() })
    .transform(({ open }) => ({ kind: 'too_many_sessions' as const, open })),
  z
    .object({ refusal: z.literal('rate_limited'), retry_after_seconds: z.coerce.number() })
    .transform((answer) => ({ kind: 'rate_limited' as const, retryAfterSeconds: answer.retry_after_seconds })),
]);

const rows = z.array(uploadSessionRow);
const now = () => new Date().toISOString();
/** How long a complete upload is kept while its owner has no room in the queue, in seconds: a week. */
const AWAIT_ROOM_SECONDS = 7 * 86_400;
const RELEASED = { claimed_by: null, claimed_until: null };

/** Opens the table. */
export function openUploadSessions({ service, users }: Database): UploadSessions {
  const update = (columns: Record<string, unknown>) => service.from(TABLE).update({ ...columns, updated_at: now() });
  const changed = async (query: PromiseLike<{ data: unknown; error: { message: string } | null }>): Promise<boolean> =>
    ((await ask(query)) as unknown[] | null)?.length === 1;

  return {
    create: async (session, limits) => {
      const answer = await ask(
        service.rpc('create_upload_session', {
          session_id: session.id,
          owner: session.ownerId,
          video: session.videoId,
          project_name: session.project,
          display_name: session.fileName,
          size_bytes: session.size,
          declared_type: session.contentType,
          digest: session.sha256 ?? null,
          bucket_name: session.bucket,
          object_path: session.path,
          way: session.strategy,
          lives_seconds: SESSION_SECONDS,
          max_open: limits.maxOpen,
          max_per_minute: limits.createPerMinute,
        }),
      );
      return createAnswer.parse(answer);
    },

    find: async (user, id) => {
      const query = users.from(TABLE).select('*').eq('id', id).eq('owner_id', user.id).limit(1);
      return rows.parse(await ask(asUser(query, user.token)))[0];
    },

    stateOf: async (id) => {
      const answer = await ask(service.from(TABLE).select('state').eq('id', id).limit(1));
      return z.array(z.object({ state: z.enum(UPLOAD_STATES) })).parse(answer)[0]?.state;
    },

    list: async (user, state) => {
      const all = users.from(TABLE).select('*').eq('owner_id', user.id);
      const filtered =
        state === undefined
          ? all
          : state === 'open'
            ? all.eq('state', state).gt('expires_at', now())
            : all.eq('state', state);
      const query = filtered.order('created_at', { ascending: false }).limit(LIST_MAX);
      return rows.parse(await ask(asUser(query, user.token)));
    },

    lease: async ({ id, holder }, leaseSeconds) => {
      const parameters = { session_id: id, claimant: holder, lease_seconds: leaseSeconds };
      const answer = await ask(service.rpc('claim_upload_completion', parameters));
      return answer === null ? undefined : uploadSessionRow.parse(answer);
    },

    noteDigests: async ({ id, holder }, digests) => {
      await ask(update({ digests }).eq('id', id).eq('claimed_by', holder).eq('state', 'completing'));
    },

    reopen: ({ id, holder }, confirmedBytes, { awaitsRoom } = {}) =>
      changed(
        update({
          state: 'open',
          confirmed_bytes: confirmedBytes,
          ...(awaitsRoom === false && { awaits_room_since: null }),
          ...RELEASED,
        })
          .eq('id', id)
          .eq('claimed_by', holder)
          .eq('state', 'completing')
          .select('id'),
      ),

    awaitRoom: ({ id, holder }) =>
      changed(
        update({
          state: 'open',
          awaits_room_since: now(),
          expires_at: new Date(Date.now() + AWAIT_ROOM_SECONDS * 1000).toISOString(),
          ...RELEASED,
        })
          .eq('id', id)
          .eq('claimed_by', holder)
          .eq('state', 'completing')
          .select('id'),
      ),

    finish: ({ id, holder }, state, { endCode, verified } = {}) =>
      changed(
        update({
          state,
          end_code: endCode ?? null,
          ended_at: now(),
          ...(verified !== undefined && { verified }),
          ...RELEASED,
        })
          .eq('id', id)
          .eq('claimed_by', holder)
          .eq('state', 'completing')
          .select('id'),
      ),

    noteToken: async (id, until) => {
      const later = until.toISOString();
      const query = service.from(TABLE).update({ tokens_until: later }).eq('id', id);
      await ask(query.or(`tokens_until.is.null,tokens_until.lt.${later}`));
    },

    cancel: (id, from, endCode) =>
      changed(
        update({ state: 'canceled', ended_at: now(), ...(endCode !== undefined && { end_code: endCode }), ...RELEASED })
          .eq('id', id)
          .in('state', [...from])
          .select('id'),
      ),

    confirm: async (id, bytes) => {
      const query = update({ confirmed_bytes: bytes }).eq('id', id).eq('state', 'open').lt('confirmed_bytes', bytes);
      await ask(query);
    },

    replaceUpload: (id, seen, uploadId) => {
      const query = update({ storage_upload_id: uploadId, confirmed_bytes: 0 }).eq('id', id).eq('state', 'open');
      const same = seen === undefined ? query.is('storage_upload_id', null) : query.eq('storage_upload_id', seen);
      return changed(same.select('id'));
    },

    markCleaned: async (id) => {
      await ask(
        update({ cleaned_at: now(), ...RELEASED })
          .eq('id', id)
          .in('state', ['canceled', 'abandoned', 'completed']),
      );
    },

    leaseWaiting: async ({ holder, batch, leaseSeconds, maxQueued }) => {
      const parameters = { claimant: holder, batch, lease_seconds: leaseSeconds, max_queued: maxQueued };
      return readLeased(await ask(service.rpc('claim_waiting_uploads', parameters)));
    },

    leaseOrphaned: async ({ holder, batch, leaseSeconds }) => {
      const parameters = { claimant: holder, batch, lease_seconds: leaseSeconds };
      return readLeased(await ask(service.rpc('claim_left_uploads', parameters)));
    },

    abandonExpired: async (batch) => Number(await ask(service.rpc('abandon_upload_sessions', { batch }))),

    endOversized: async (batch) => Number(await ask(service.rpc('end_oversized_uploads', { batch }))),

    leaseCompleted: async ({ holder, batch, leaseSeconds }) => {
      const parameters = { claimant: holder, batch, lease_seconds: leaseSeconds };
      return readLeased(await ask(service.rpc('claim_completed_uploads', parameters)));
    },

    leaseRemains: async (options) => {
      const parameters = {
        claimant: options.holder,
        batch: options.batch,
        lease_seconds: options.leaseSeconds,
        retention_seconds: options.retentionSeconds,
      };
      return readLeased(await ask(service.rpc('claim_upload_remains', parameters)));
    },

    forget: async (id) => {
      await ask(service.from(TABLE).delete().eq('id', id).in('state', ['canceled', 'abandoned']));
    },

    forgetCompleted: async (before) => {
      const completed = service.from(TABLE).delete().eq('state', 'completed').not('cleaned_at', 'is', null);
      await ask(completed.lt('ended_at', before.toISOString()));
    },
  };
}
