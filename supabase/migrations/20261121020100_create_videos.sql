-- One row for each source object: the truth about a video that every screen reads. Realtime and job progress only nudge.

create table if not exists public.videos (
  id uuid primary key default gen_random_uuid(),
  owner_id uuid references auth.users (id) on delete cascade,
  project text not null default 'default',
  source_bucket text not null,
  source_path text not null,
  source_size bigint check (source_size >= 0),
  source_sha256 text check (source_sha256 ~ '^[0-9a-f]{64}$'),
  status text not null default 'queued'
    check (status in ('queued', 'processing', 'ready', 'rejected', 'failed', 'canceled')),
  step text,
  progress smallint not null default 0 check (progress between 0 and 100),
  outcome text check (outcome in ('processed', 'remuxed', 'rejected')),
  error_code text,
  error_message text,
  facts jsonb not null default '{}'::jsonb,
  outputs jsonb not null default '[]'::jsonb,
  job_id text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  started_at timestamptz,
  finished_at timestamptz
);

comment on table public.videos is 'One row for each uploaded source; written by the media worker, read by its owner.';
comment on column public.videos.progress is 'Whole percent of all steps; 100 only when the results are in place.';
comment on column public.videos.facts is 'What was measured: size, duration, codecs, why the video was copied or encoded, warnings.';
comment on column public.videos.outputs is 'Array of {kind, bucket, path, contentType, bytes, width, height, durationSeconds}.';

create unique index if not exists videos_source_key on public.videos (source_bucket, source_path);
create index if not exists videos_owner_created_at_idx on public.videos (owner_id, created_at desc);

create or replace function public.videos_before_write()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  new.updated_at := now();
  -- A row that names no owner belongs to whoever uploaded its source, where Storage recorded that and the user exists.
  if tg_op = 'INSERT' and new.owner_id is null then
    select users.id into new.owner_id
    from storage.objects as objects
    join auth.users as users on users.id::text = objects.owner_id
    where objects.bucket_id = new.source_bucket and objects.name = new.source_path;
  end if;
  return new;
end;
$$;

revoke all on function public.videos_before_write() from public;

drop trigger if exists videos_before_write on public.videos;
create trigger videos_before_write
before insert or update on public.videos
for each row execute function public.videos_before_write();

-- Realtime, where the project has it.
do $$
begin
  if exists (select 1 from pg_catalog.pg_publication where pubname = 'supabase_realtime')
    and not exists (
      select 1 from pg_catalog.pg_publication_tables
      where pubname = 'supabase_realtime' and schemaname = 'public' and tablename = 'videos'
    )
  then
    alter publication supabase_realtime add table public.videos;
  end if;
end;
$$;
