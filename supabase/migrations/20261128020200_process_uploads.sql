-- Uploads that are processed by themselves, however they came: supabase-js, Uppy, the dashboard. Off by default:
--
--   update public.media_settings set process_uploads = true;
--
-- The trigger only notes what was uploaded. A worker asks for the videos, so nothing that is wrong with a request fails
-- an upload, and what an owner's limit does not allow now is asked for when there is room.

alter table public.media_settings add column if not exists process_uploads boolean not null default false;
comment on column public.media_settings.process_uploads is 'Whether every completed upload into source_buckets is processed without being asked for.';

create table if not exists public.uploaded_sources (
  bucket text not null,
  path text not null,
  noted_at timestamptz not null default now(),
  due_at timestamptz not null default now(),
  primary key (bucket, path)
);

comment on table public.uploaded_sources is 'Uploads whose videos still have to be asked for; written by a trigger, read by workers.';

create index if not exists uploaded_sources_due_at_idx on public.uploaded_sources (due_at);

alter table public.uploaded_sources enable row level security;
revoke all on public.uploaded_sources from public, anon, authenticated;
grant select, insert, update, delete on public.uploaded_sources to service_role;
drop policy if exists "Users have no notes of uploads" on public.uploaded_sources;
create policy "Users have no notes of uploads" on public.uploaded_sources
  for all to anon, authenticated using (false) with check (false);

-- Storage writes the row of an object when its upload is complete, in whichever way it was sent.
create or replace function public.objects_after_upload()
returns trigger
language plpgsql
security definer
set search_path = ''
-- An upload waits for no one longer than this.
set lock_timeout = '2s'
as $$
begin
  if tg_op = 'UPDATE' and new.bucket_id = old.bucket_id and new.name = old.name
    and new.metadata is not distinct from old.metadata
  then
    return null;
  end if;
  if exists (select 1 from public.media_settings where process_uploads and new.bucket_id = any (source_buckets)) then
    insert into public.uploaded_sources as sources (bucket, path)
    values (new.bucket_id, new.name)
    on conflict (bucket, path) do update set noted_at = now(), due_at = now();
  end if;
  return null;
exception when others then
  raise warning 'the upload of %/% is not processed by itself: %', new.bucket_id, new.name, sqlerrm;
  return null;
end;
$$;

-- The table is Storage's; a project that lets nobody add a trigger to it has to ask for its videos.
do $$
begin
  create or replace trigger media_objects_after_upload
  after insert or update on storage.objects
  for each row execute function public.objects_after_upload();
exception when insufficient_privilege then
  raise warning 'no trigger can be added to storage.objects here: media_settings.process_uploads has no effect';
end;
$$;

-- Asks for the videos of uploads that were noted, one worker at a time. Answers how many were looked at.
create or replace function public.request_uploaded_sources(batch integer)
returns integer
language plpgsql
security definer
set search_path = ''
as $$
declare
  source public.uploaded_sources;
  settings public.media_settings;
  folder text;
  uploader record;
  answer jsonb;
  looked_at integer := 0;
begin
  if not pg_catalog.pg_try_advisory_xact_lock(pg_catalog.hashtextextended('request_uploaded_sources', 0)) then
    return 0;
  end if;
  select * into strict settings from public.media_settings;
  for source in
    select * from public.uploaded_sources where due_at <= now() order by due_at limit batch for update
  loop
    looked_at := looked_at + 1;
    folder := split_part(source.path, '/', 1);
    begin
      -- Not every version of Auth has the column.
      select users.id, coalesce((to_jsonb(users) ->> 'is_anonymous')::boolean, false) as is_anonymous into uploader
      from auth.users where users.id::text = folder;
      if not settings.process_uploads or (uploader.is_anonymous and not settings.allow_anonymous_users) then
        answer := '{"refusal": "not_wanted"}';
      else
        answer := public.queue_stored_source(
          source.bucket, source.path, uploader.id, settings.max_queued_per_owner, '{}'::jsonb
        );
      end if;
      if answer ->> 'refusal' = 'too_many_queued' then
        -- With all others of that owner, so that nobody waits behind them.
        update public.uploaded_sources as others set due_at = now() + interval '30 seconds'
        where others.bucket = source.bucket and starts_with(others.path, folder || '/') and others.due_at <= now();
      elsif answer ->> 'refusal' = 'video_busy' then
        update public.uploaded_sources as busy set due_at = now() + interval '30 seconds'
        where busy.bucket = source.bucket and busy.path = source.path;
      else
        delete from public.uploaded_sources as done where done.bucket = source.bucket and done.path = source.path;
      end if;
    exception when others then
      raise warning 'the video of %/% cannot be asked for: %', source.bucket, source.path, sqlerrm;
      update public.uploaded_sources as failed set due_at = now() + interval '5 minutes'
      where failed.bucket = source.bucket and failed.path = source.path;
    end;
  end loop;
  return looked_at;
end;
$$;

revoke all on function public.objects_after_upload() from public, anon, authenticated;
revoke all on function public.request_uploaded_sources(integer) from public, anon, authenticated;
grant execute on function public.request_uploaded_sources(integer) to service_role;
