/**
 * Everything that `media doctor` can find, in one table: how bad it is, what it means, and the exact remedy. The check
 * that finds it adds what was measured, with the numbers.
 */

/** `error`: jobs or uploads fail. `warning`: they work, until something happens. */
export type FindingStatus = 'ok' | 'warning' | 'error';

/** The subjects, in the order in which they are told. */
export const CHECKS = [
  'ffmpeg',
  'disk',
  'queue',
  'storage',
  'buckets',
  'limits',
  'resumable',
  'edge',
  'database',
  'clock',
] as const;

export type CheckName = (typeof CHECKS)[number];

/** One row of {@link FINDINGS}. */
export interface FindingPolicy {
  readonly status: FindingStatus;
  /** What it means for videos and uploads, in one sentence. */
  readonly meaning: string;
  /** What to do, as exact as can be known without looking. */
  readonly remedy: string;
}

export const FINDINGS = {
  check_failed: {
    status: 'error',
    meaning: 'The check itself broke, so nothing is known about this part.',
    remedy: 'Run it again with LOG_LEVEL=debug; report it with the message if it stays.',
  },
  check_skipped: {
    status: 'warning',
    meaning: 'What this check needs is missing, so nothing is known about this part.',
    remedy: 'Mend what is named above it first, then run the doctor again.',
  },
  ffmpeg_missing: {
    status: 'error',
    meaning: 'No video can be looked at or encoded.',
    remedy: 'Install ffmpeg 5.1 or newer (apt-get install ffmpeg), or set FFMPEG_PATH and FFPROBE_PATH.',
  },
  ffmpeg_lacks_parts: {
    status: 'error',
    meaning: 'This build of ffmpeg cannot make what the worker makes.',
    remedy: "Use a full build: Debian's ffmpeg package has all parts; then set or unset FFMPEG_PATH.",
  },
  ffmpeg_no_hdr: {
    status: 'warning',
    meaning: 'HDR videos come out washed out: their colours cannot be converted.',
    remedy: "Use a build with zscale and tonemap (--enable-libzimg): Debian's ffmpeg package has them.",
  },
  work_dir_unusable: {
    status: 'error',
    meaning: 'No job can begin: it has nowhere to put its files.',
    remedy: 'Point WORK_DIR at a folder that this user may write to, or give it to the user (chown).',
  },
  disk_low: {
    status: 'error',
    meaning: 'Hardly any video fits; jobs fail with disk_full.',
    remedy: 'Free space where WORK_DIR points, or point it at a larger disk.',
  },
  disk_tight: {
    status: 'warning',
    meaning: 'Videos of 2 GB do not fit for as many jobs as run at a time; they wait or fail with disk_full.',
    remedy: 'Point WORK_DIR at a larger disk, or lower WORKER_CONCURRENCY.',
  },
  disk_in_memory: {
    status: 'warning',
    meaning: 'The files of jobs take memory, not disk: two large videos can end the worker.',
    remedy: 'Point WORK_DIR at a folder on a real disk.',
  },
  disk_on_network: {
    status: 'warning',
    meaning: 'Encoding reads and writes its files several times; over a network that is slow, and breaks when it does.',
    remedy: 'Point WORK_DIR at a folder on a local disk.',
  },
  queue_not_configured: {
    status: 'error',
    meaning: 'There is no queue to take jobs from.',
    remedy: 'Set REDIS_URL, or DATABASE_URL to use PostgreSQL.',
  },
  queue_unreachable: {
    status: 'error',
    meaning: 'No job can be taken or added.',
    remedy: 'Start it, or correct REDIS_URL or DATABASE_URL; check firewalls between here and there.',
  },
  queue_unauthorized: {
    status: 'error',
    meaning: 'The queue is there, but it does not let us in.',
    remedy: 'Correct the user and password in REDIS_URL or DATABASE_URL; encode special characters (%40 for @).',
  },
  redis_evicts: {
    status: 'error',
    meaning: 'When its memory is full, Redis throws away jobs without a word.',
    remedy: 'redis-cli CONFIG SET maxmemory-policy noeviction, and the same in redis.conf.',
  },
  redis_would_evict: {
    status: 'warning',
    meaning: 'No memory limit is set; once one is, Redis throws away jobs without a word.',
    remedy: 'redis-cli CONFIG SET maxmemory-policy noeviction, and the same in redis.conf.',
  },
  redis_memory_high: {
    status: 'warning',
    meaning: 'When its memory is full, Redis refuses new jobs and the news of running ones.',
    remedy: 'Raise maxmemory, or keep fewer finished jobs.',
  },
  redis_keeps_nothing: {
    status: 'warning',
    meaning: 'A restart of Redis loses every waiting job.',
    remedy: 'appendonly yes in redis.conf (redis-cli CONFIG SET appendonly yes).',
  },
  redis_snapshots_only: {
    status: 'warning',
    meaning: 'A crash of Redis loses the jobs since its last snapshot.',
    remedy: 'appendonly yes in redis.conf (redis-cli CONFIG SET appendonly yes).',
  },
  redis_read_only: {
    status: 'error',
    meaning: 'This is a replica: no job can be taken or added.',
    remedy: "Point REDIS_URL at the primary (a cluster's or provider's primary endpoint).",
  },
  redis_too_old: {
    status: 'error',
    meaning: 'The queue needs commands that this server does not have.',
    remedy: 'Use Redis 6.2 or newer, or Valkey.',
  },
  postgres_too_old: {
    status: 'error',
    meaning: "The queue's tables cannot be made on this server.",
    remedy: 'Use PostgreSQL 14 or newer.',
  },
  postgres_read_only: {
    status: 'error',
    meaning: 'This is a replica: no job can be taken or added.',
    remedy: 'Point DATABASE_URL at the primary.',
  },
  postgres_pooler_drops_search_path: {
    status: 'error',
    meaning: 'A pooler on the way drops or refuses the search_path, so neither workers nor producers find the queue.',
    remedy:
      "Connect directly or through Supabase's session pooler (port 5432). PgBouncer: a direct connection, or a user of its own with ALTER ROLE … SET search_path = bullmq and options in ignore_startup_parameters.",
  },
  postgres_pooler_no_listen: {
    status: 'error',
    meaning:
      'A transaction pooler is on the way: it does not carry LISTEN, so workers take new jobs seconds late. Producers may use it.',
    remedy: 'Give workers a session connection: the direct one, or port 5432 of the pooler instead of 6543.',
  },
  postgres_cannot_create: {
    status: 'error',
    meaning: "The queue's schema is not there and this user may not make it.",
    remedy: 'Start one worker as the database owner once, or GRANT CREATE ON DATABASE … TO the user.',
  },
  postgres_connections_low: {
    status: 'warning',
    meaning: 'A worker takes up to 10 connections; the next one may find none.',
    remedy: 'Raise max_connections, or run fewer workers with a higher WORKER_CONCURRENCY.',
  },
  supabase_not_configured: {
    status: 'error',
    meaning: 'Neither sources can be read nor results be stored.',
    remedy: 'Set SUPABASE_URL and SUPABASE_SERVICE_ROLE_KEY (Project Settings > API).',
  },
  storage_unreachable: {
    status: 'error',
    meaning: 'Neither sources can be read nor results be stored.',
    remedy: 'Correct SUPABASE_URL; check DNS and firewalls between here and there.',
  },
  storage_not_supabase: {
    status: 'error',
    meaning: 'Something answers at SUPABASE_URL, but it is not Supabase Storage.',
    remedy: 'SUPABASE_URL is the address of the project, without a path: https://your-project.supabase.co.',
  },
  storage_unauthorized: {
    status: 'error',
    meaning: 'Storage does not accept the key.',
    remedy: "Copy SUPABASE_SERVICE_ROLE_KEY anew from this project's API settings.",
  },
  storage_failing: {
    status: 'error',
    meaning: 'Storage is there, but answers with errors of its own.',
    remedy: "Look at Storage's log and the project's status page.",
  },
  key_not_service_role: {
    status: 'error',
    meaning: 'The key is bound by row-level security: other people’s videos cannot be read or written with it.',
    remedy: 'Put the service_role (or sb_secret_…) key into SUPABASE_SERVICE_ROLE_KEY.',
  },
  key_expired: {
    status: 'error',
    meaning: 'The key is a token whose time is over.',
    remedy: 'Make a new service_role key and put it into SUPABASE_SERVICE_ROLE_KEY.',
  },
  key_other_project: {
    status: 'error',
    meaning: 'The key belongs to another project than SUPABASE_URL.',
    remedy: 'Copy SUPABASE_URL and SUPABASE_SERVICE_ROLE_KEY from the same project.',
  },
  bucket_missing: {
    status: 'error',
    meaning: 'What is read from or written to this bucket fails.',
    remedy: 'Apply supabase/migrations (supabase db push), or correct the name.',
  },
  bucket_public: {
    status: 'warning',
    meaning: 'Anybody who knows or guesses a path can read what is in it.',
    remedy: 'Make it private: Storage > the bucket > Edit, or apply supabase/migrations.',
  },
  limit_bucket: {
    status: 'error',
    meaning: 'Videos of 2 GB are refused by the limit of the bucket.',
    remedy: "Raise the bucket's file_size_limit: apply supabase/migrations, or Storage > the bucket > Edit.",
  },
  limit_project: {
    status: 'error',
    meaning: "Videos of 2 GB are refused by the project's global limit, whatever the bucket allows.",
    remedy:
      'Hosted: Storage > Settings (more than 50 MB needs a paid plan). Local: [storage] file_size_limit in supabase/config.toml. Self-hosted: UPLOAD_FILE_SIZE_LIMIT.',
  },
  limit_request: {
    status: 'warning',
    meaning:
      'Single requests of 2 GB are refused; uploads go on by the resumable route, which this limit does not bind.',
    remedy: 'Self-hosted: raise UPLOAD_FILE_SIZE_LIMIT_STANDARD. Nothing need be done for our own uploads.',
  },
  request_refused: {
    status: 'warning',
    meaning: 'Large single requests are refused, not for their size; uploads go on by the resumable route.',
    remedy: 'Its words say why; look for a firewall or filter in front of Storage.',
  },
  limit_unknown: {
    status: 'error',
    meaning: 'Storage would not take a video of 2 GB, for a reason other than its size.',
    remedy: 'Its words say why.',
  },
  type_refused: {
    status: 'error',
    meaning: 'The bucket does not take videos.',
    remedy: "Add video/* to the bucket's allowed_mime_types: apply supabase/migrations.",
  },
  resumable_missing: {
    status: 'error',
    meaning: 'A proxy or an old Storage does not offer resumable uploads: a broken upload starts over.',
    remedy: 'Let POST, PATCH, HEAD, DELETE and OPTIONS of /storage/v1/upload/resumable through to Storage.',
  },
  resumable_location_elsewhere: {
    status: 'warning',
    meaning:
      'Storage names another address than ours for unfinished uploads. We correct it; other clients stall on it.',
    remedy: 'Let the proxy send X-Forwarded-Host and X-Forwarded-Proto, and not rewrite Location.',
  },
  edge_body_limit: {
    status: 'warning',
    meaning: 'A proxy refuses large bodies; uploads go through in smaller chunks, slower.',
    remedy:
      'nginx: client_max_body_size 0 for /storage/v1. ingress-nginx: proxy-body-size "0". Hosted: use https://ref.storage.supabase.co.',
  },
  edge_body_limit_small: {
    status: 'error',
    meaning:
      'A proxy refuses even the smallest chunk (1 MB; hosted Supabase: 6 MiB): uploads fail with edge_too_large.',
    remedy: 'nginx: client_max_body_size 0 for /storage/v1 (its default is 1 MB). ingress-nginx: proxy-body-size "0".',
  },
  edge_breaks_bodies: {
    status: 'error',
    meaning: 'A body of one chunk does not come through whole.',
    remedy: 'Look at the log of the proxy in front of Storage; turn its request buffering off and raise its timeouts.',
  },
  database_unreachable: {
    status: 'error',
    meaning: 'What becomes of a video cannot be written down.',
    remedy: 'Check /rest/v1 of the project: its status, and that the key is right.',
  },
  migrations_missing: {
    status: 'error',
    meaning: 'The tables are not there, or not as this version needs them.',
    remedy: 'Apply supabase/migrations (supabase db push); hosted, then wait a minute or reload the API schema.',
  },
  clock_skewed: {
    status: 'warning',
    meaning: 'Delays and expiries are off by so much.',
    remedy: 'Let a time service run on this machine (timedatectl set-ntp true).',
  },
  clock_wrong: {
    status: 'error',
    meaning: 'Signed addresses and tokens are refused, and delayed jobs start at the wrong time.',
    remedy: 'Let a time service run on this machine (timedatectl set-ntp true), or on the other one.',
  },
} as const satisfies Record<string, FindingPolicy>;

export type FindingCode = keyof typeof FINDINGS;

/** Something that was found; `ok` is that nothing was. */
export interface Finding {
  readonly check: CheckName;
  readonly status: FindingStatus;
  readonly code: FindingCode | 'ok';
  /** What was measured, in one sentence, without a secret. */
  readonly message: string;
  readonly meaning?: string;
  readonly remedy?: string;
}

/** A finding of the table. `remedy` replaces the table's where the check knows better. */
export function found(
  check: CheckName,
  code: FindingCode,
  options: { readonly message: string; readonly remedy?: string | undefined },
): Finding {
  const { status, meaning, remedy } = FINDINGS[code];
  return { check, status, code, message: options.message, meaning, remedy: options.remedy ?? remedy };
}

/** That all is well with a subject. */
export const allRight = (check: CheckName, message: string): Finding => ({ check, status: 'ok', code: 'ok', message });

/** The given findings, or that all is well where there are none. */
export const orAllRight = (findings: readonly Finding[], check: CheckName, message: string): readonly Finding[] =>
  findings.length > 0 ? findings : [allRight(check, message)];
