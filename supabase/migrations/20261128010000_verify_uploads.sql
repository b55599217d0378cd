-- What a client says of the bytes that it sent, kept until they are compared: a sweep may be the one that completes the
-- upload. And what was compared, for whoever asks later.

alter table public.upload_sessions add column if not exists digests jsonb;
alter table public.upload_sessions add column if not exists verified text;

comment on column public.upload_sessions.digests is
  '{md5, etags} of the file as its uploader took them; compared with the object before the upload is completed.';
comment on column public.upload_sessions.verified is
  'How the object was compared with the file: md5, multipart-etag, readback, size. Null: not compared yet.';
comment on column public.videos.source_proof is
  '{size, etag, sha256, verified} of the source as the intake proved it, each where known; a source that differs is refused.';
