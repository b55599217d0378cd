-- Upload sessions: what the intake knows of an upload, so that any of its processes can answer for it. Owners read their
-- rows; only the service role writes them, by the functions below wherever two processes could get in each other's way.

create table if not exists public.upload_sessions (
  id uuid primary key default gen_random_uuid(),
  -- No reference to auth.users: the row must outlive a deleted user until what was uploaded has been removed.
  owner_id uuid not null,
  video_id uuid not null unique default gen_random_uuid(),
  project text not null default 'default',
  file_name text not null,
  size bigint not null check (size > 0),
  content_type text not null,
  sha256 text check (sha256 ~ '^[0-9a-f]{64}$'),
  bucket text not null,
  path text not null,
  strategy text not null check (strategy in ('single', 'resumable')),
  storage_upload_id text,
  confirmed_bytes bigint not null default 0 check (confirmed_bytes >= 0),
  state text not null default 'open' check (state in ('open', 'completing', 'completed', 'canceled', 'abandoned')),
  end_code text,
  claimed_by uuid,
  claimed_until timestamptz,
  cleaned_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  expires_at timestamptz not null,
  ended_at timestamptz,
  unique (bucket, path)
);

comment on table public.upload_sessions is 'One row for each upload; written by the intake, read by its owner.';
comment on column public.upload_sessions.storage_upload_id is 'Last segment of the resumable upload''s address at Storage.';
comment on column public.upload_sessions.confirmed_bytes is 'At least so many bytes are in Storage.';
comment on column public.upload_sessions.end_code is 'Why a session ended otherwise than as its owner wished.';
comment on column public.upload_sessions.claimed_by is 'The request or sweep that works on the row, until claimed_until.';
comment on column public.upload_sessions.cleaned_at is 'When partial upload and object of an unsuccessful session were removed.';

create index if not exists upload_sessions_owner_created_at_idx on public.upload_sessions (owner_id, created_at desc);
create index if not exists upload_sessions_unfinished_idx on public.upload_sessions (expires_at)
where state in ('open', 'completing');
create index if not exists upload_sessions_ended_idx on public.upload_sessions (ended_at) where ended_at is not null;

alter table public.upload_sessions enable row level security;

grant select on public.upload_sessions to authenticated;
grant all on public.upload_sessions to service_role;
revoke all on public.upload_sessions from anon;
revoke insert, update, delete, truncate on public.upload_sessions from authenticated;

drop policy if exists "owners read their upload sessions" on public.upload_sessions;
create policy "owners read their upload sessions" on public.upload_sessions
for select to authenticated
using (owner_id = (select auth.uid()));

-- The name that the uploader knows; the object key is made of safe characters only.
alter table public.videos add column if not exists file_name text;

-- Makes a session unless the owner has too many. Counting and inserting are one step for each owner, whichever process
-- asks. Answers {"session": row}, {"refusal": "too_many_sessions", "open": n} or
-- {"refusal": "rate_limited", "retry_after_seconds": n}.
create or replace function public.create_upload_session(
  session_id uuid, owner uuid, video uuid, project_name text, display_name text, size_bytes bigint, declared_type text,
  digest text, bucket_name text, object_path text, way text, lives_seconds integer, max_open integer,
  max_per_minute integer
)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  open_count integer;
  recent_count integer;
  oldest_recent timestamptz;
  made public.upload_sessions;
begin
  perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('upload_sessions:' || owner::text, 0));

  select count(*), min(created_at) into recent_count, oldest_recent
  from public.upload_sessions
  where owner_id = owner and created_at > now() - interval '1 minute';
  if recent_count >= max_per_minute then
    return jsonb_build_object(
      'refusal', 'rate_limited',
      'retry_after_seconds', greatest(1, ceil(extract(epoch from oldest_recent + interval '1 minute' - now())))
    );
  end if;

  select count(*) into open_count
  from public.upload_sessions
  where owner_id = owner and state in ('open', 'completing') and expires_at > now();
  if open_count >= max_open then
    return jsonb_build_object('refusal', 'too_many_sessions', 'open', open_count);
  end if;

  insert into public.upload_sessions (
    id, owner_id, video_id, project, file_name, size, content_type, sha256, bucket, path, strategy, expires_at
  )
  values (
    session_id, owner, video, project_name, display_name, size_bytes, declared_type, digest, bucket_name, object_path,
    way, now() + make_interval(secs => lives_seconds)
  )
  returning * into made;
  return jsonb_build_object('session', to_jsonb(made));
end;
$$;

-- Takes an open session, or one whose claim ran out, to prove and enqueue it. Answers the row, or null when another
-- request has it or it is not to be completed any more.
create or replace function public.claim_upload_completion(session_id uuid, claimant uuid, lease_seconds integer)
returns jsonb
language sql
set search_path = ''
as $$
  update public.upload_sessions
  set state = 'completing', claimed_by = claimant, claimed_until = now() + make_interval(secs => lease_seconds),
    updated_at = now()
  where id = session_id
    and expires_at > now()
    and (state = 'open' or (state = 'completing' and (claimed_by = claimant or claimed_until < now())))
  returning to_jsonb(upload_sessions.*);
$$;

-- Marks sessions that outlived their time. One that died between being enqueued and being marked is completed: its
-- object belongs to a video. Answers how many were abandoned.
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
    from public.upload_sessions
    where expires_at < now()
      and (state = 'open' or (state = 'completing' and (claimed_until is null or claimed_until < now())))
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

-- Takes unsuccessful sessions whose remains in Storage are to be removed: those not yet cleaned, and those that are to
-- be forgotten, because an upload token may have been used after the first cleaning. Two sweeps never get the same row.
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
    select id
    from public.upload_sessions
    where state in ('canceled', 'abandoned')
      and (cleaned_at is null or ended_at < now() - make_interval(secs => retention_seconds))
      and (claimed_until is null or claimed_until < now())
    order by ended_at
    limit batch
    for update skip locked
  ) as due
  where sessions.id = due.id
  returning to_jsonb(sessions.*);
$$;

revoke all on function public.create_upload_session(
  uuid, uuid, uuid, text, text, bigint, text, text, text, text, text, integer, integer, integer
) from public, anon, authenticated;
revoke all on function public.claim_upload_completion(uuid, uuid, integer) from public, anon, authenticated;
revoke all on function public.abandon_upload_sessions(integer) from public, anon, authenticated;
revoke all on function public.claim_upload_remains(uuid, integer, integer, integer) from public, anon, authenticated;
grant execute on function public.create_upload_session(
  uuid, uuid, uuid, text, text, bigint, text, text, text, text, text, integer, integer, integer
) to service_role;
grant execute on function public.claim_upload_completion(uuid, uuid, integer) to service_role;
grant execute on function public.abandon_upload_sessions(integer) to service_role;
grant execute on function public.claim_upload_remains(uuid, integer, integer, integer) to service_role;
