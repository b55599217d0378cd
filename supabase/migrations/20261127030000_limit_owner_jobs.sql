-- Fair by owner: how many videos of one owner may wait or run, and whose turn it is. Counting, taking a turn and writing
-- the row are one step, whichever process asks.

-- The number that the job of a video has in the queue; the lowest goes first.
alter table public.videos add column if not exists queue_priority integer check (queue_priority > 0);
comment on column public.videos.queue_priority is 'Place of its job in the queue while it waits or runs; the lowest goes first.';

create index if not exists videos_unfinished_owner_idx on public.videos (owner_id)
where status in ('queued', 'processing');
create index if not exists videos_queued_priority_idx on public.videos (queue_priority) where status = 'queued';
create index if not exists videos_processing_priority_idx on public.videos (queue_priority)
where status = 'processing';

-- The last turn that each owner was given. Not a column of videos: deleting a video gives nobody an earlier turn.
create table if not exists public.queue_turns (
  band text not null,
  owner_id uuid not null,
  turn integer not null,
  primary key (band, owner_id)
);
comment on table public.queue_turns is 'The last turn in the queue of each owner; rows without effect are removed with the next turn.';

alter table public.queue_turns enable row level security;
revoke all on public.queue_turns from anon, authenticated;
grant all on public.queue_turns to service_role;

-- An upload that waits only for its owner's other videos; see claim_waiting_uploads.
alter table public.upload_sessions add column if not exists awaits_room_since timestamptz;
comment on column public.upload_sessions.awaits_room_since is 'Its upload is complete; since then it waits for its owner to have fewer videos in the queue.';
create index if not exists upload_sessions_awaits_room_idx on public.upload_sessions (awaits_room_since)
where awaits_room_since is not null and state in ('open', 'completing');

-- The user who uploaded a source, where Storage recorded that and the user exists.
create or replace function public.uploader_of(bucket_name text, object_path text)
returns uuid
language sql
stable
security definer
set search_path = ''
as $$
  select users.id
  from storage.objects as objects
  join auth.users as users on users.id::text = objects.owner_id
  where objects.bucket_id = bucket_name and objects.name = object_path;
$$;

create or replace function public.videos_before_write()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  new.updated_at := now();
  -- A row that names no owner belongs to whoever uploaded its source.
  if tg_op = 'INSERT' and new.owner_id is null then
    new.owner_id := public.uploader_of(new.source_bucket, new.source_path);
  end if;
  -- What has ended has no place in the queue, and gets another one if it is run again.
  if new.status not in ('queued', 'processing') then
    new.queue_priority := null;
  end if;
  return new;
end;
$$;

-- The next turn of an owner, as the number that their job is to have in the queue. Turns are those of start-time fair
-- queueing: an owner's next job is one round after their last, but never before the round that runs now. So whoever has
-- nothing in the queue comes next, whatever others have waiting, and no stream of new jobs overtakes one that waits for
-- ever. When nothing of a band waits or runs, its rounds begin anew.
create or replace function public.take_queue_turn(owner uuid, band_name text)
returns integer
language plpgsql
set search_path = ''
as $$
declare
  -- As packages/queue/src/policy.ts knows them: three bands below BullMQ's largest priority, 2097151.
  width constant integer := 600000;
  first_turn constant integer := case band_name when 'high' then 100000 when 'normal' then 700000 when 'low' then 1300000 end;
  -- Videos that nobody owns take turns as those of one owner.
  turn_owner constant uuid := coalesce(owner, '00000000-0000-0000-0000-000000000000');
  round integer;
  next_turn integer;
begin
  if first_turn is null then
    raise exception 'there is no band %: high, normal, low', band_name using errcode = '22023';
  end if;
  perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('queue_turns:' || band_name, 0));

  select queue_priority into round
  from public.videos
  where status = 'processing' and queue_priority >= first_turn and queue_priority < first_turn + width
  order by queue_priority desc
  limit 1;
  if round is null then
    select queue_priority into round
    from public.videos
    where status = 'queued' and queue_priority >= first_turn and queue_priority < first_turn + width
    order by queue_priority
    limit 1;
  end if;
  if round is null then
    delete from public.queue_turns where band = band_name;
    round := first_turn;
  else
    delete from public.queue_turns where band = band_name and turn < round;
  end if;

  -- After 600000 rounds without a pause all that come have the same number: first come, first served.
  select least(first_turn + width - 1, greatest(round, coalesce(max(turn) + 1, round))) into next_turn
  from public.queue_turns
  where band = band_name and owner_id = turn_owner;
  insert into public.queue_turns (band, owner_id, turn)
  values (band_name, turn_owner, next_turn)
  on conflict (band, owner_id) do update set turn = excluded.turn;
  return next_turn;
end;
$$;

-- Makes a video's row, or takes it back to the queue, unless its owner has as many others waiting or running as they may
-- have (max_queued; null: as many as they like). Answers {"priority": n}, the number for its job, or
-- {"refusal": "too_many_queued", "queued": n}. A video that waits already keeps its place.
create or replace function public.queue_owner_video(
  video uuid, owner uuid, project_name text, bucket_name text, object_path text, job text,
  display_name text default null, max_queued integer default null, band_name text default 'normal',
  proof jsonb default null
)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  known public.videos;
  video_owner uuid;
  queued_count integer;
  place integer;
  -- Not every server of the database API hands an object on as one: some send it as text.
  source_facts constant jsonb := case jsonb_typeof(proof) when 'string' then (proof #>> '{}')::jsonb else proof end;
begin
  select * into known from public.videos where id = video;
  video_owner := coalesce(owner, known.owner_id, public.uploader_of(bucket_name, object_path));
  if video_owner is not null then
    perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('queued_videos:' || video_owner::text, 0));
    select * into known from public.videos where id = video;
    select count(*) into queued_count
    from public.videos
    where owner_id = video_owner and status in ('queued', 'processing') and id <> video;
    if queued_count >= max_queued then
      return jsonb_build_object('refusal', 'too_many_queued', 'queued', queued_count);
    end if;
  end if;

  place := case when known.status = 'queued' then known.queue_priority end;
  if place is null then
    place := public.take_queue_turn(video_owner, band_name);
  end if;
  insert into public.videos as videos (
    id, owner_id, project, source_bucket, source_path, source_proof, file_name, status, job_id, queue_priority
  )
  values (video, video_owner, project_name, bucket_name, object_path, source_facts, display_name, 'queued', job, place)
  on conflict (id) do update
  set owner_id = coalesce(excluded.owner_id, videos.owner_id), project = excluded.project,
    source_bucket = excluded.source_bucket, source_path = excluded.source_path,
    source_proof = coalesce(excluded.source_proof, videos.source_proof),
    file_name = coalesce(excluded.file_name, videos.file_name), status = 'queued', job_id = excluded.job_id,
    queue_priority = excluded.queue_priority, step = null, progress = 0, outcome = null, error_code = null,
    error_message = null, started_at = null, finished_at = null;
  return jsonb_build_object('priority', place);
end;
$$;

-- The number for a job whose producer gave it no turn, asked by the worker that takes it first; its row, which there may
-- not be yet, waits with that number. Null for a video that was canceled or deleted: its job only has to end.
create or replace function public.place_video(
  video uuid, owner uuid, project_name text, bucket_name text, object_path text, job text,
  band_name text default 'normal'
)
returns integer
language plpgsql
set search_path = ''
as $$
declare
  known public.videos;
  video_owner uuid;
  place integer;
begin
  select * into known from public.videos where id = video;
  if known.status = 'canceled'
    or (known.id is null and exists (select 1 from public.removed_media where video_id = video))
  then
    return null;
  end if;
  if known.status in ('queued', 'processing') and known.queue_priority is not null then
    return known.queue_priority;
  end if;
  video_owner := coalesce(owner, known.owner_id, public.uploader_of(bucket_name, object_path));
  place := public.take_queue_turn(video_owner, band_name);
  if known.id is null then
    insert into public.videos as videos (
      id, owner_id, project, source_bucket, source_path, status, job_id, queue_priority
    )
    values (video, video_owner, project_name, bucket_name, object_path, 'queued', job, place)
    on conflict (id) do nothing;
  else
    -- What an earlier run recorded stays until this one begins; a row that was deleted meanwhile is not made again.
    update public.videos set queue_priority = place where id = video and status in ('queued', 'processing');
  end if;
  return place;
end;
$$;

-- Takes sessions whose upload is complete and whose owner has room in the queue again. Two sweeps never get the same row.
create or replace function public.claim_waiting_uploads(
  claimant uuid, batch integer, lease_seconds integer, max_queued integer
)
returns setof jsonb
language sql
set search_path = ''
as $$
  update public.upload_sessions as sessions
  set state = 'completing', claimed_by = claimant, claimed_until = now() + make_interval(secs => lease_seconds),
    updated_at = now()
  from (
    select waiting.id
    from public.upload_sessions as waiting
    where waiting.awaits_room_since is not null
      and waiting.state in ('open', 'completing')
      and waiting.expires_at > now()
      and (waiting.claimed_until is null or waiting.claimed_until < now())
      and (
        select count(*)
        from public.videos
        where videos.owner_id = waiting.owner_id
          and videos.status in ('queued', 'processing')
          and videos.id <> waiting.video_id
      ) < max_queued
    order by waiting.created_at
    limit batch
    for update of waiting skip locked
  ) as due
  where sessions.id = due.id
  returning to_jsonb(sessions.*);
$$;

revoke all on function public.uploader_of(text, text) from public, anon, authenticated;
revoke all on function public.videos_before_write() from public, anon, authenticated;
revoke all on function public.take_queue_turn(uuid, text) from public, anon, authenticated;
revoke all on function public.queue_owner_video(
  uuid, uuid, text, text, text, text, text, integer, text, jsonb
) from public, anon, authenticated;
revoke all on function public.place_video(uuid, uuid, text, text, text, text, text) from public, anon, authenticated;
revoke all on function public.claim_waiting_uploads(uuid, integer, integer, integer) from public, anon, authenticated;
grant execute on function public.uploader_of(text, text) to service_role;
grant execute on function public.take_queue_turn(uuid, text) to service_role;
grant execute on function public.queue_owner_video(
  uuid, uuid, text, text, text, text, text, integer, text, jsonb
) to service_role;
grant execute on function public.place_video(uuid, uuid, text, text, text, text, text) to service_role;
grant execute on function public.claim_waiting_uploads(uuid, integer, integer, integer) to service_role;
