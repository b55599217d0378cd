-- A row that is deleted, by the API, by SQL or with its user, leaves a note of what it had in Storage. A worker removes
-- that, once more when every token and sign-in of the time has expired, and then the note.

create table if not exists public.removed_media (
  id bigint generated always as identity primary key,
  -- `object`: one source. `folder`: everything below a path.
  kind text not null check (kind in ('object', 'folder')),
  -- Null: the worker's bucket of results.
  bucket text,
  path text not null check (path <> ''),
  -- Null: it belonged to no video.
  video_id uuid,
  removed_at timestamptz not null default now(),
  swept_at timestamptz,
  claimed_by uuid,
  claimed_until timestamptz
);

comment on table public.removed_media is 'What deleted videos and users have left in Storage; removed by a worker.';

create index if not exists removed_media_video_id_idx on public.removed_media (video_id);
create index if not exists removed_media_removed_at_idx on public.removed_media (removed_at);

alter table public.removed_media enable row level security;
revoke all on public.removed_media from public, anon, authenticated;
grant select, insert, update, delete on public.removed_media to service_role;

-- The results are ours. The source is where it lies below its owner's folder: one that came another way belongs to
-- whoever put it there.
create or replace function public.videos_after_delete()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  insert into public.removed_media (kind, bucket, path, video_id)
  select 'folder', results.bucket, old.project || '/' || old.id::text, old.id
  from (
    select null as bucket
    union
    select outputs.value ->> 'bucket'
    from jsonb_array_elements(case jsonb_typeof(old.outputs) when 'array' then old.outputs else '[]'::jsonb end) as outputs
  ) as results;
  if old.owner_id is not null and starts_with(old.source_path, old.owner_id::text || '/') then
    insert into public.removed_media (kind, bucket, path, video_id)
    values ('object', old.source_bucket, old.source_path, old.id);
  end if;
  return null;
end;
$$;

drop trigger if exists videos_after_delete on public.videos;
create trigger videos_after_delete
after delete on public.videos
for each row execute function public.videos_after_delete();

-- A job that still waits must not bring a deleted video back; whoever queues the video again means it.
create or replace function public.videos_before_insert()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  if new.status = 'processing' and exists (select 1 from public.removed_media where video_id = new.id) then
    return null;
  end if;
  delete from public.removed_media
  where video_id = new.id or (kind = 'object' and bucket = new.source_bucket and path = new.source_path);
  return new;
end;
$$;

drop trigger if exists videos_before_insert on public.videos;
create trigger videos_before_insert
before insert on public.videos
for each row execute function public.videos_before_insert();

-- A deleted user's uploads end, and their folder of sources goes: also what belongs to no video. Their videos go by the
-- reference of their rows.
create or replace function public.media_after_user_delete()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  insert into public.removed_media (kind, bucket, path)
  select 'folder', buckets.bucket, old.id::text
  from (
    select 'project-videos' as bucket
    union
    select sessions.bucket from public.upload_sessions as sessions where sessions.owner_id = old.id
  ) as buckets;
  update public.upload_sessions
  set state = 'canceled', end_code = 'user_deleted', ended_at = now(), updated_at = now(), claimed_by = null,
    claimed_until = null
  where owner_id = old.id and state in ('open', 'completing');
  return null;
end;
$$;

drop trigger if exists media_after_user_delete on auth.users;
create trigger media_after_user_delete
after delete on auth.users
for each row execute function public.media_after_user_delete();

-- Takes what is to be removed, first at once, then again after some time. Left out is what belongs to somebody again.
-- Two workers never get the same row. Answers rows with "last": whether it is done with after this.
create or replace function public.claim_removed_media(
  claimant uuid, batch integer, lease_seconds integer, again_seconds integer
)
returns setof jsonb
language sql
security definer
set search_path = ''
as $$
  update public.removed_media as removed
  set claimed_by = claimant, claimed_until = now() + make_interval(secs => lease_seconds)
  from (
    select noted.id
    from public.removed_media as noted
    where (
        noted.swept_at is null
        or (
          noted.removed_at + make_interval(secs => again_seconds) < now()
          and noted.swept_at < noted.removed_at + make_interval(secs => again_seconds)
        )
      )
      and (noted.claimed_until is null or noted.claimed_until < now())
      and not exists (
        select 1 from public.videos
        where videos.id = noted.video_id
          or (noted.kind = 'object' and videos.source_bucket = noted.bucket and videos.source_path = noted.path)
      )
      and not (noted.video_id is null and exists (select 1 from auth.users where users.id::text = noted.path))
    order by noted.removed_at
    limit batch
    for update skip locked
  ) as due
  where removed.id = due.id
  returning jsonb_build_object(
    'id', removed.id, 'kind', removed.kind, 'bucket', removed.bucket, 'path', removed.path, 'video_id',
    removed.video_id, 'last', removed.removed_at + make_interval(secs => again_seconds) < now()
  );
$$;

revoke all on function public.videos_after_delete() from public, anon, authenticated;
revoke all on function public.videos_before_insert() from public, anon, authenticated;
revoke all on function public.media_after_user_delete() from public, anon, authenticated;
revoke all on function public.claim_removed_media(uuid, integer, integer, integer) from public, anon, authenticated;
grant execute on function public.claim_removed_media(uuid, integer, integer, integer) to service_role;
