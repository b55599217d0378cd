/**
 * Everything that `media doctor` can find, in one table: severity, consequence and remedy. The check adds what it
 * measured, with the numbers.
 */

/** `error`: jobs or uploads fail. `warning`: they work for now. */
export type FindingStatus = 'ok' | 'warning' | 'error';

/** The checks, in the order in which they are reported. */
export const CHECKS = [
  'ffmpeg',
  'isolation',
  'disk',
  'queue',
  'storage',
  'buckets',
  'limits',
  'resumable',
  'edge',
  'proof',
  'database',
  'intake',
  'clock',
] as const;

export type CheckName = (typeof CHECKS)[number];

/** One row of {@link FINDINGS}. */
export interface FindingPolicy {
  readonly status: FindingStatus;
  /** The consequence for videos and uploads. */
  readonly meaning: string;
  /** What to do. */
  readonly remedy: string;
}

export const FINDINGS = {
  check_failed: {
    status: 'error',
    meaning: 'The check itself failed, so the state of this part is unknown.',
    remedy: 'Run `media doctor` again with LOG_LEVEL=debug. Report the message if it persists.',
  },
  check_skipped: {
    status: 'warning',
    meaning: 'The check could not run because something it needs is missing, so the state of this part is unknown.',
    remedy: 'Fix the errors listed above, then run `media doctor` again.',
  },
  ffmpeg_missing: {
    status: 'error',
    meaning: 'No video can be probed or encoded.',
    remedy:
      'Install ffmpeg 5.1 or newer (apt-get install ffmpeg; macOS: brew install ffmpeg), or set FFMPEG_PATH and FFPROBE_PATH.',
  },
  ffmpeg_lacks_parts: {
    status: 'error',
    meaning: 'This build of ffmpeg lacks encoders, filters or formats that the worker uses.',
    remedy:
      "Use a full build such as Debian's ffmpeg package, and set FFMPEG_PATH and FFPROBE_PATH to it or unset both.",
  },
  ffmpeg_no_hdr: {
    status: 'warning',
    meaning: 'HDR videos look washed out, because this build cannot convert their colors.',
    remedy: "Use a build with zscale and tonemap (--enable-libzimg), such as Debian's ffmpeg package.",
  },
  ffmpeg_from_npm: {
    status: 'warning',
    meaning: 'This build from npm is not updated: faults of its decoders that became known since stay open to uploads.',
    remedy: "Install your distribution's package (apt-get install ffmpeg), whose security fixes arrive by its updates.",
  },
  isolation_no_limits: {
    status: 'warning',
    meaning: 'A file that makes ffmpeg take memory or processor time is only stopped by the limits of the container.',
    remedy: 'Install util-linux (apt-get install util-linux). BusyBox has a prlimit that does not do.',
  },
  isolation_privileges: {
    status: 'warning',
    meaning: 'A decoder that is taken over can start setuid programs, and ffmpeg outlives a worker that is killed.',
    remedy:
      'Install util-linux 2.33 or newer (apt-get install util-linux), and set no-new-privileges for the container.',
  },
  isolation_network: {
    status: 'warning',
    meaning: 'A decoder that is taken over reaches whatever this machine reaches: queue, database, cloud metadata.',
    remedy:
      'Allow user namespaces (kernel.unprivileged_userns_clone=1, kernel.apparmor_restrict_unprivileged_userns=0). In containers, where they are usually off, restrict egress: deploy/kubernetes/network-policy.yaml.',
  },
  isolation_keys: {
    status: 'warning',
    meaning: 'A decoder that is taken over can read the service role key.',
    remedy:
      'Use our image, or give the worker a node that only root may read (chown root, chmod 0111), or allow user namespaces as above.',
  },
  runs_as_root: {
    status: 'warning',
    meaning: 'A decoder that is taken over can write files of root, and so come back as root.',
    remedy: 'Run the worker as an ordinary user that owns WORK_DIR, as our image does.',
  },
  work_dir_unusable: {
    status: 'error',
    meaning: 'No job can start, because there is nowhere to write its files.',
    remedy: 'Point WORK_DIR at a folder that this user may write to, or change its owner (chown).',
  },
  disk_low: {
    status: 'error',
    meaning: 'Hardly any video fits on the disk; jobs fail with disk_full.',
    remedy: 'Free space on the disk of WORK_DIR, or point WORK_DIR at a larger disk.',
  },
  disk_tight: {
    status: 'warning',
    meaning: 'There is not enough space for WORKER_CONCURRENCY videos of 2 GB; such jobs wait or fail with disk_full.',
    remedy: 'Point WORK_DIR at a larger disk, or lower WORKER_CONCURRENCY.',
  },
  disk_in_memory: {
    status: 'warning',
    meaning: 'WORK_DIR is a memory file system: two large videos can run the worker out of memory.',
    remedy: 'Point WORK_DIR at a folder on a real disk.',
  },
  disk_on_network: {
    status: 'warning',
    meaning:
      'WORK_DIR is a network file system. Encoding reads and writes its files several times, so it is slow and fails when the network does.',
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
    remedy: 'Start the server, or correct REDIS_URL or DATABASE_URL. Check the firewalls in between.',
  },
  queue_unauthorized: {
    status: 'error',
    meaning: "The queue's server rejects the user or password.",
    remedy:
      'Correct the user and password in REDIS_URL or DATABASE_URL; percent-encode special characters (%40 for @).',
  },
  queue_encryption: {
    status: 'error',
    meaning: "The queue's server and this machine do not agree on encryption, so no job can be taken or added.",
    remedy:
      'PostgreSQL: sslmode in DATABASE_URL means what it means to psql (require encrypts and checks nothing; verify-full needs a certificate that this machine trusts: sslrootcert=FILE). Redis: rediss:// with TLS, redis:// without.',
  },
  queue_full: {
    status: 'error',
    meaning: 'The server, or the pooler before it, has no connection left.',
    remedy:
      "Raise the pooler's pool size or max_connections, or run fewer processes with a higher WORKER_CONCURRENCY: each holds up to DATABASE_POOL_SIZE connections (2).",
  },
  queue_ipv6_only: {
    status: 'error',
    meaning: 'The server has an IPv6 address alone, and this machine has no way to it.',
    remedy:
      "Use the session pooler's address, which has IPv4: Supabase > Connect > Session pooler (aws-…pooler.supabase.com, port 5432, user postgres.REF). Or give this machine IPv6.",
  },
  redis_evicts: {
    status: 'error',
    meaning: 'When its memory is full, Redis silently deletes jobs.',
    remedy: 'Run redis-cli CONFIG SET maxmemory-policy noeviction, and set the same in redis.conf.',
  },
  redis_would_evict: {
    status: 'warning',
    meaning: 'No memory limit is set; as soon as one is, Redis may silently delete jobs.',
    remedy: 'Run redis-cli CONFIG SET maxmemory-policy noeviction, and set the same in redis.conf.',
  },
  redis_memory_high: {
    status: 'warning',
    meaning: 'When its memory is full, Redis rejects new jobs and the progress of running ones.',
    remedy: 'Raise maxmemory, or keep fewer finished jobs.',
  },
  redis_keeps_nothing: {
    status: 'warning',
    meaning: 'A restart of Redis loses every waiting job.',
    remedy: 'Set appendonly yes in redis.conf (redis-cli CONFIG SET appendonly yes).',
  },
  redis_snapshots_only: {
    status: 'warning',
    meaning: 'A crash of Redis loses the jobs added since its last snapshot.',
    remedy: 'Set appendonly yes in redis.conf (redis-cli CONFIG SET appendonly yes).',
  },
  redis_read_only: {
    status: 'error',
    meaning: 'This server is a read-only replica: no job can be taken or added.',
    remedy: "Point REDIS_URL at the primary (a cluster's or provider's primary endpoint).",
  },
  redis_too_old: {
    status: 'error',
    meaning: 'The queue needs commands that this server does not have.',
    remedy: 'Use Redis 6.2 or newer, or Valkey.',
  },
  postgres_too_old: {
    status: 'error',
    meaning: "The queue's tables cannot be created on this server.",
    remedy: 'Use PostgreSQL 14 or newer.',
  },
  postgres_read_only: {
    status: 'error',
    meaning: 'This server is a read-only replica: no job can be taken or added.',
    remedy: 'Point DATABASE_URL at the primary.',
  },
  postgres_pooler_drops_search_path: {
    status: 'error',
    meaning:
      "A connection pooler drops or rejects the search_path, so workers and producers cannot find the queue's tables.",
    remedy:
      "Connect directly or through Supabase's session pooler (port 5432). PgBouncer: use a direct connection, or a dedicated user with ALTER ROLE … SET search_path = bullmq and options in ignore_startup_parameters.",
  },
  postgres_pooler_no_listen: {
    status: 'error',
    meaning:
      'DATABASE_URL goes through a transaction pooler, which does not support LISTEN, so workers see new jobs seconds late. Producers may use it.',
    remedy: 'Give workers a session connection: a direct one, or port 5432 of the pooler instead of 6543.',
  },
  postgres_cannot_create: {
    status: 'error',
    meaning: "The queue's schema does not exist and this user may not create it.",
    remedy: 'Start one worker once as the database owner, or GRANT CREATE ON DATABASE … TO the user.',
  },
  postgres_connections_low: {
    status: 'warning',
    meaning: 'A process holds up to DATABASE_POOL_SIZE connections; the next one waits until others are free.',
    remedy: 'Raise max_connections, or run fewer workers with a higher WORKER_CONCURRENCY.',
  },
  supabase_not_configured: {
    status: 'error',
    meaning: 'Sources cannot be read and results cannot be stored.',
    remedy: 'Set SUPABASE_URL and SUPABASE_SERVICE_ROLE_KEY (Project Settings > API).',
  },
  url_of_one_api: {
    status: 'error',
    meaning:
      'SUPABASE_URL is the address of one API of the project; every request of Storage and the tables goes astray.',
    remedy: 'Take the path off: SUPABASE_URL is the address of the project, https://your-project.supabase.co.',
  },
  url_scheme_wrong: {
    status: 'error',
    meaning: 'The server at SUPABASE_URL does not speak https.',
    remedy: 'Begin SUPABASE_URL with http:// where nothing terminates TLS, or correct its port.',
  },
  storage_unreachable: {
    status: 'error',
    meaning: 'Sources cannot be read and results cannot be stored.',
    remedy: 'Correct SUPABASE_URL. Check DNS and the firewalls in between.',
  },
  storage_not_supabase: {
    status: 'error',
    meaning: 'A server answers at SUPABASE_URL, but it is not Supabase Storage.',
    remedy: 'Set SUPABASE_URL to the address of the project without a path: https://your-project.supabase.co.',
  },
  storage_unauthorized: {
    status: 'error',
    meaning: 'Storage does not accept the key.',
    remedy: "Copy SUPABASE_SERVICE_ROLE_KEY again from this project's API settings.",
  },
  storage_failing: {
    status: 'error',
    meaning: 'Storage is reachable, but returns server errors.',
    remedy: "Check Storage's log and the project's status page.",
  },
  key_not_service_role: {
    status: 'error',
    meaning: "The key is subject to row-level security, so it cannot read or write other users' videos.",
    remedy: 'Set SUPABASE_SERVICE_ROLE_KEY to the service_role (or sb_secret_…) key.',
  },
  key_expired: {
    status: 'error',
    meaning: 'The key is a token that has expired.',
    remedy: 'Create a new service_role key and set SUPABASE_SERVICE_ROLE_KEY to it.',
  },
  key_other_project: {
    status: 'error',
    meaning: 'The key belongs to another project than SUPABASE_URL.',
    remedy: 'Copy SUPABASE_URL and SUPABASE_SERVICE_ROLE_KEY from the same project.',
  },
  bucket_missing: {
    status: 'error',
    meaning: 'Every read from or write to this bucket fails.',
    remedy: 'Apply supabase/migrations (supabase db push), or correct the name.',
  },
  bucket_public: {
    status: 'warning',
    meaning: 'Anyone who knows or guesses a path can read the files in this bucket.',
    remedy: 'Make it private: Storage > the bucket > Edit, or apply supabase/migrations.',
  },
  limit_bucket: {
    status: 'error',
    meaning: "The bucket's size limit rejects videos of 2 GB.",
    remedy: "Raise the bucket's file_size_limit: apply supabase/migrations, or Storage > the bucket > Edit.",
  },
  limit_project: {
    status: 'error',
    meaning: "The project's global size limit rejects videos of 2 GB, whatever the bucket allows.",
    remedy:
      'Hosted: Storage > Settings (more than 50 MB needs a paid plan). Local: [storage] file_size_limit in supabase/config.toml. Self-hosted: UPLOAD_FILE_SIZE_LIMIT.',
  },
  limit_request: {
    status: 'warning',
    meaning:
      'Single requests of 2 GB are rejected. Uploads still work: they use resumable requests, which this limit does not apply to.',
    remedy:
      'Nothing to do for the uploads of this worker. Self-hosted, for other clients: raise UPLOAD_FILE_SIZE_LIMIT_STANDARD.',
  },
  request_refused: {
    status: 'warning',
    meaning:
      'Large single requests are rejected, but not for their size. Uploads still work: they use resumable requests.',
    remedy: "The server's message says why. Look for a firewall or filter in front of Storage.",
  },
  limit_unknown: {
    status: 'error',
    meaning: 'Storage would reject a video of 2 GB for a reason other than its size.',
    remedy: "Storage's message says why.",
  },
  type_refused: {
    status: 'error',
    meaning: 'The bucket does not accept videos.',
    remedy: "Add video/* to the bucket's allowed_mime_types: apply supabase/migrations.",
  },
  resumable_missing: {
    status: 'error',
    meaning: 'A proxy or an old Storage does not offer resumable uploads: an interrupted upload starts over.',
    remedy: 'Allow POST, PATCH, HEAD, DELETE and OPTIONS of /storage/v1/upload/resumable through to Storage.',
  },
  resumable_location_elsewhere: {
    status: 'warning',
    meaning:
      'Storage returns resumable upload addresses on another host. The worker corrects them; other clients fail.',
    remedy: 'Have the proxy send X-Forwarded-Host and X-Forwarded-Proto and leave the Location header unchanged.',
  },
  resumable_expires_early: {
    status: 'warning',
    meaning:
      'Storage deletes unfinished uploads after less than a day. One that takes or is interrupted for longer starts over, and fails the second time.',
    remedy: 'Self-hosted: set TUS_URL_EXPIRY_MS=86400000 (a day) on the Storage server.',
  },
  edge_body_limit: {
    status: 'warning',
    meaning: 'A proxy rejects large request bodies; uploads work in smaller chunks, more slowly.',
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
    meaning: 'A request body of one chunk does not arrive complete.',
    remedy: 'Check the log of the proxy in front of Storage, turn off its request buffering and raise its timeouts.',
  },
  etag_no_proof: {
    status: 'warning',
    meaning:
      'Uploads are proved by reading them back, which costs their traffic once more; small ones mostly by their size.',
    remedy:
      'S3 encrypts with keys of KMS or of the customer (SSE-KMS, SSE-C): use SSE-S3, or accept it. UPLOAD_VERIFY=size reads nothing back.',
  },
  database_unreachable: {
    status: 'error',
    meaning: 'The state of videos cannot be recorded.',
    remedy: 'Check /rest/v1 of the project: its status, and that the key is correct.',
  },
  migrations_missing: {
    status: 'error',
    meaning: 'The tables are missing or do not match this version.',
    remedy: 'Apply supabase/migrations (supabase db push). Hosted: then wait a minute or reload the API schema.',
  },
  jwt_secret_missing: {
    status: 'error',
    meaning:
      'Tokens of users are signed with a shared secret (HS256) that the API does not have: every user is refused.',
    remedy:
      'Set SUPABASE_JWT_SECRET (Project Settings > JWT Keys > Legacy JWT secret), or move to asymmetric signing keys.',
  },
  auth_unreachable: {
    status: 'warning',
    meaning: 'The keys that tokens of users are checked with could not be fetched; users may be refused.',
    remedy: 'Check /auth/v1 of the project and the network. They are fetched again when a token comes.',
  },
  public_url_unreachable: {
    status: 'warning',
    meaning: 'Storage does not answer at the address that browsers are given; their uploads take the relay.',
    remedy: 'Correct SUPABASE_PUBLIC_URL. Behind a firewall that only this machine has, there is nothing to do.',
  },
  origin_invalid: {
    status: 'warning',
    meaning: 'Browsers never send such an origin, so pages there cannot use the API.',
    remedy: 'WEB_ORIGINS takes scheme, host and port alone: https://app.example.com.',
  },
  clock_skewed: {
    status: 'warning',
    meaning: 'Delays and expiry times are off by this much.',
    remedy: 'Enable time synchronization on this machine (timedatectl set-ntp true).',
  },
  clock_wrong: {
    status: 'error',
    meaning: 'Signed addresses and tokens are rejected, and delayed jobs start at the wrong time.',
    remedy: 'Enable time synchronization on this machine (timedatectl set-ntp true), or on the other one.',
  },
} as const satisfies Record<string, FindingPolicy>;

export type FindingCode = keyof typeof FINDINGS;

/** The result of a check; `ok` means that it found nothing. */
export interface Finding {
  readonly check: CheckName;
  readonly status: FindingStatus;
  readonly code: FindingCode | 'ok';
  /** What was measured, in one sentence, without secrets. */
  readonly message: string;
  readonly meaning?: string;
  readonly remedy?: string;
}

/** A finding of the table. `remedy` replaces the table's where the check knows more. */
export function found(
  check: CheckName,
  code: FindingCode,
  options: { readonly message: string; readonly remedy?: string | undefined },
): Finding {
  const { status, meaning, remedy } = FINDINGS[code];
  return { check, status, code, message: options.message, meaning, remedy: options.remedy ?? remedy };
}

/** The result of a check that found nothing. */
export const allRight = (check: CheckName, message: string): Finding => ({ check, status: 'ok', code: 'ok', message });

/** The given findings, or `ok` if there are none. */
export const orAllRight = (findings: readonly Finding[], check: CheckName, message: string): readonly Finding[] =>
  findings.length > 0 ? findings : [allRight(check, message)];

/** `ok` where there is nothing to do. */
export const worstStatus = (findings: readonly Finding[]): FindingStatus =>
  (['error', 'warning'] as const).find((status) => findings.some((finding) => finding.status === status)) ?? 'ok';
