/**
 * Everything that can go wrong with one request of an upload, by name, and how an uploader reacts. The names that a
 * worker logs are the codes of packages/core/src/errors.ts.
 */

/**
 * How an uploader reacts, before it knows how the upload is going; `decide-next-step.ts` says what follows then.
 * `give-up`: sending again ends the same way. `retry`: after a growing wait, within the budget. `break`: the connection
 * ended in the middle, so it says something about the transport path too. `lock`: after a short wait that spends no try.
 * `absence`: after a growing wait that spends no try.
 */
export type Reaction =
  | 'give-up'
  | 'retry'
  | 'break'
  | 'lock'
  | 'absence'
  | 'shrink'
  | 'new-upload'
  | 'renew-token'
  | 'check-object';

/** Faults that an answer of Storage, or of an edge in front of it, stands for. */
const ANSWER_FAULTS = {
  bucket_missing: 'give-up',
  content_type_refused: 'give-up',
  edge_too_large: 'shrink',
  gateway_failed: 'break',
  key_refused: 'give-up',
  object_exists: 'check-object',
  object_missing: 'give-up',
  object_too_large: 'give-up',
  storage_busy: 'retry',
  storage_failed: 'retry',
  storage_forbidden: 'renew-token',
  storage_refused: 'give-up',
  storage_unauthorized: 'renew-token',
  storage_unreachable: 'retry',
  upload_conflict: 'lock',
  upload_expired: 'new-upload',
  upload_interrupted: 'break',
  upload_locked: 'lock',
} as const satisfies Record<string, Reaction>;

/** Faults of a request that got no answer. */
const TRANSPORT_FAULTS = {
  disk_full: 'retry',
  file_changed: 'give-up',
  file_missing: 'give-up',
  upload_answer_timeout: 'break',
  upload_connect_timeout: 'retry',
  upload_stalled: 'break',
  upload_timeout: 'break',
} as const satisfies Record<string, Reaction>;

/** Faults that an uploader finds out itself, or that our own API tells a browser. */
const OTHER_FAULTS = {
  /** Of no other row, and no repetition changes it. */
  final: 'give-up',
  /** Of no other row, but it may pass. */
  passing: 'retry',
  relay_busy: 'lock',
  /** The API does not accept the user's sign-in. */
  signed_out: 'renew-token',
  /** Storage does not know an upload that has not expired: what keeps it may be away. */
  upload_away: 'absence',
  upload_mismatch: 'retry',
  /** Storage names an offset below what it had acknowledged, or acknowledges nothing. */
  upload_untrusted: 'new-upload',
} as const satisfies Record<string, Reaction>;

export const FAULTS = { ...ANSWER_FAULTS, ...TRANSPORT_FAULTS, ...OTHER_FAULTS };

export type AnswerFault = keyof typeof ANSWER_FAULTS;
export type TransportFault = keyof typeof TRANSPORT_FAULTS | 'storage_unreachable' | 'upload_interrupted';
export type Fault = keyof typeof FAULTS;

export const isFault = (code: string): code is Fault => Object.hasOwn(FAULTS, code);

/**
 * Whether the object may be stored in spite of the fault, so that it is looked at before anything is sent again: its
 * answer was lost, what is in the way may be ours, an upload that Storage forgot may be one that it finished.
 */
export const mayBeStored = (fault: Fault): boolean =>
  fault === 'gateway_failed' ||
  fault === 'upload_answer_timeout' ||
  fault === 'upload_interrupted' ||
  fault === 'object_exists' ||
  fault === 'upload_away' ||
  fault === 'upload_expired';
