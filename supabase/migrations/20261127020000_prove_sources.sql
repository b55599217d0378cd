-- What was proved of a source travels with its video, and upload tokens are outlived: a token goes on working after its
-- session has ended, so what an ended session has in Storage is removed once more when no token can be used any longer.

alter table public.videos add column if not exists source_proof jsonb;

comment on column public.videos.source_proof is
  '{size, etag, sha256} of the source as the intake proved it, each where known; a source that differs is refused.';

alter table public.upload_sessions add column if not exists tokens_until timestamptz;

comment on column public.upload_sessions.tokens_until is 'No upload token of the session can be used after this.';
comment on column public.upload_sessions.cleaned_at is
  'When partial upload and object of an ended session were last removed, or found to belong to its video.';

-- When nothing can be put at a session's path any more. Tokens live two hours unless Storage says otherwise, and a
-- request that began with a valid one may go on for a while.
create or replace function public.upload_tokens_over(session public.upload_sessions)
returns timestamptz
language sql
immutable
set search_path = ''
as $$
  select coalesce(session.tokens_until, session.ended_at + interval '2 hours') + interval '15 minutes'
$$;

-- As before, and once more when the tokens are over; forgotten are only those whose tokens are over.
create or replace function public.claim_upload_remains(
  claimant uuid, batch integer, lease_seconds integer, retention_seconds integer
)
returns setof jsonb
language sql
set search_path = ''
as $$
  update public.upload_sessions as sessions
  set claimed_by = claimant, claimed_until = now() + make_interval(secs => lease_seconds)
  from (
    select ended.id
    from public.upload_sessions as ended
    where ended.state in ('canceled', 'abandoned')
      and (ended.claimed_until is null or ended.claimed_until < now())
      and (
        ended.cleaned_at is null
        or (
          public.upload_tokens_over(ended) < now()
          and (
            ended.cleaned_at < public.upload_tokens_over(ended)
            or ended.ended_at < now() - make_interval(secs => retention_seconds)
          )
        )
      )
    order by ended.ended_at
    limit batch
    for update skip locked
  ) as due
  where sessions.id = due.id
  returning to_jsonb(sessions.*);
$$;

-- Takes completed sessions whose tokens are over and whose video no worker still reads: what is stored may have been put
-- there after the proof. Two sweeps never get the same row.
create or replace function public.claim_completed_uploads(claimant uuid, batch integer, lease_seconds integer)
returns setof jsonb
language sql
set search_path = ''
as $$
  update public.upload_sessions as sessions
  set claimed_by = claimant, claimed_until = now() + make_interval(secs => lease_seconds)
  from (
    select ended.id
    from public.upload_sessions as ended
    where ended.state = 'completed'
      and ended.cleaned_at is null
      and (ended.claimed_until is null or ended.claimed_until < now())
      and public.upload_tokens_over(ended) < now()
      and not exists (
        select 1 from public.videos where videos.id = ended.video_id and videos.status in ('queued', 'processing')
      )
    order by ended.ended_at
    limit batch
    for update skip locked
  ) as due
  where sessions.id = due.id
  returning to_jsonb(sessions.*);
$$;

-- Ends unfinished sessions whose object is larger than they announced. Answers how many.
create or replace function public.end_oversized_uploads(batch integer)
returns integer
language sql
set search_path = ''
as $$
  with due as (
    select unfinished.id
    from public.upload_sessions as unfinished
    join storage.objects as objects on objects.bucket_id = unfinished.bucket and objects.name = unfinished.path
    where (
        unfinished.state = 'open'
        or (unfinished.state = 'completing' and (unfinished.claimed_until is null or unfinished.claimed_until < now()))
      )
      and (objects.metadata ->> 'size')::bigint > unfinished.size
      -- A video that was enqueued is the worker's to refuse.
      and not exists (select 1 from public.videos where videos.id = unfinished.video_id)
    order by unfinished.created_at
    limit batch
    for update of unfinished skip locked
  ),
  ended as (
    update public.upload_sessions as sessions
    set state = 'canceled', end_code = 'size_refused', ended_at = now(), updated_at = now(), claimed_by = null,
      claimed_until = null
    from due
    where sessions.id = due.id
    returning sessions.id
  )
  select count(*)::integer from ended;
$$;

revoke all on function public.upload_tokens_over(public.upload_sessions) from public, anon, authenticated;
revoke all on function public.claim_upload_remains(uuid, integer, integer, integer) from public, anon, authenticated;
revoke all on function public.claim_completed_uploads(uuid, integer, integer) from public, anon, authenticated;
revoke all on function public.end_oversized_uploads(integer) from public, anon, authenticated;
grant execute on function public.upload_tokens_over(public.upload_sessions) to service_role;
grant execute on function public.claim_upload_remains(uuid, integer, integer, integer) to service_role;
grant execute on function public.claim_completed_uploads(uuid, integer, integer) to service_role;
grant execute on function public.end_oversized_uploads(integer) to service_role;

-- A trigger calls it; no role has to.
revoke all on function public.videos_before_write() from public, anon, authenticated;
