-- The two private buckets of the media pipeline: uploads arrive in project-videos, results leave in
-- project-processed-videos. Safe to run again: an existing bucket keeps everything but the columns named here.
--
-- 2147483648 bytes = 2 GiB, raised from the 500 MB these buckets had. A bucket limit is only one of three, and the
-- smallest wins:
--   1. this bucket limit;
--   2. the project's global limit (hosted: Storage > Settings, 50 MB on the Free plan; local: supabase/config.toml;
--      self-hosted: UPLOAD_FILE_SIZE_LIMIT). Storage checks it only when a bucket is changed through its API: a value
--      written in SQL above the global limit is accepted here and silently clamped at upload;
--   3. the limit of single requests (self-hosted: UPLOAD_FILE_SIZE_LIMIT_STANDARD), which resumable uploads skip.

insert into storage.buckets (id, name, public, file_size_limit, allowed_mime_types)
values
  (
    'project-videos',
    'project-videos',
    false,
    2147483648,
    -- octet-stream: browsers give .mkv, .mts and .vob files no type. What a file really is, the worker reads from its
    -- bytes; the declared type is never believed.
    array['video/*', 'application/octet-stream', 'application/mxf', 'application/vnd.rn-realmedia']
  ),
  (
    'project-processed-videos',
    'project-processed-videos',
    false,
    2147483648,
    array[
      'video/*', 'audio/mp4', 'image/jpeg', 'image/png', 'image/webp',
      'application/vnd.apple.mpegurl', 'application/x-mpegurl', 'text/vtt', 'application/json'
    ]
  )
on conflict (id) do update
set
  public = excluded.public,
  file_size_limit = excluded.file_size_limit,
  allowed_mime_types = excluded.allowed_mime_types;
