-- A session whose process died after it wrote the video's row and before it added the job leaves a video that waits for
-- ever. Such sessions were ended by time alone; now the sweep takes them and enqueues their videos first.

-- Takes sessions past their time whose video still waits. Two sweeps never get the same row.
create or replace function public.claim_left_uploads(claimant uuid, batch integer, lease_seconds integer)
returns setof jsonb
language sql
set search_path = ''
as $$
  update public.upload_sessions as sessions
  set state = 'completing', claimed_by = claimant, claimed_until = now() + make_interval(secs => lease_seconds),
    updated_at = now()
  from (
    select left_sessions.id
    from public.upload_sessions as left_sessions
    join public.videos on videos.id = left_sessions.video_id
    where left_sessions.expires_at < now()
      and left_sessions.state in ('open', 'completing')
      and (left_sessions.claimed_until is null or left_sessions.claimed_until < now())
      and videos.status = 'queued'
    order by left_sessions.expires_at
    limit batch
    for update of left_sessions skip locked
  ) as due
  where sessions.id = due.id
  returning to_jsonb(sessions.*);
$$;

-- As before, but for sessions whose video still waits: those are enqueued first.
create or replace function public.abandon_upload_sessions(batch integer)
returns integer
language plpgsql
set search_path = ''
as $$
declare
  abandoned integer;
begin
  with due as (
    select id
    from public.upload_sessions as old
    where expires_at < now()
      and (state = 'open' or (state = 'completing' and (claimed_until is null or claimed_until < now())))
      and not exists (select 1 from public.videos where videos.id = old.video_id and videos.status = 'queued')
    order by expires_at
    limit batch
    for update skip locked
  ),
  ended as (
    update public.upload_sessions as sessions
    set
      state = case
        when exists (select 1 from public.videos where videos.id = sessions.video_id) then 'completed'
        else 'abandoned'
      end,
      ended_at = now(), updated_at = now(), claimed_by = null, claimed_until = null
    from due
    where sessions.id = due.id
    returning sessions.state
  )
  select count(*) into abandoned from ended where state = 'abandoned';
  return abandoned;
end;
$$;

revoke all on function public.claim_left_uploads(uuid, integer, integer) from public, anon, authenticated;
grant execute on function public.claim_left_uploads(uuid, integer, integer) to service_role;
