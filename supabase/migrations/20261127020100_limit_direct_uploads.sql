-- Users no longer write to the source bucket with their own sign-in: that way past the intake had no limit but the
-- bucket's. Uploads of the intake are signed and need no policy. An app that uploads with supabase-js switches direct
-- uploads on, with a quota for each user in bytes:
--
--   update public.media_settings set direct_upload_bytes = 10737418240;  -- 10 GiB
--   update public.media_settings set direct_upload_bytes = null;         -- off, the default
--
-- Counted is everything that the user has below the folder of their id, whichever way it came. What is counted is what
-- is stored when an upload begins: uploads that run at the same time may pass the quota by their own size.

create table if not exists public.media_settings (
  only_row boolean primary key default true check (only_row),
  direct_upload_bytes bigint check (direct_upload_bytes >= 0)
);

comment on table public.media_settings is 'One row: what the operator of this project allows.';
comment on column public.media_settings.direct_upload_bytes is
  'What each user may have in project-videos by direct uploads, in bytes; null: no direct uploads.';

insert into public.media_settings (only_row) values (true) on conflict do nothing;

alter table public.media_settings enable row level security;
revoke all on public.media_settings from public, anon, authenticated;
grant select, update on public.media_settings to service_role;

-- Whether the caller may put an object of this size into their own folder. Policies ask it as the user, so users may
-- execute it; it says nothing about anyone else. Without a size, what is stored decides.
create or replace function public.may_upload_directly(object_name text, object_metadata jsonb)
returns boolean
language sql
stable
security definer
set search_path = ''
as $$
  select coalesce(
    (
      select settings.direct_upload_bytes >= greatest(
        coalesce((object_metadata ->> 'contentLength')::bigint, (object_metadata ->> 'size')::bigint, 0), 1
      ) + coalesce(
        (
          select sum((objects.metadata ->> 'size')::bigint)
          from storage.objects as objects
          where objects.bucket_id = 'project-videos'
            -- Everything below the folder: 0 is the character after the slash.
            and objects.name collate "C" >= auth.uid()::text || '/'
            and objects.name collate "C" < auth.uid()::text || '0'
            and objects.name <> object_name
        ),
        0
      )
      from public.media_settings as settings
      where settings.direct_upload_bytes is not null
    ),
    false
  )
$$;

revoke all on function public.may_upload_directly(text, jsonb) from public, anon;
grant execute on function public.may_upload_directly(text, jsonb) to authenticated, service_role;

drop policy if exists "owners upload their source videos" on storage.objects;
drop policy if exists "owners replace their source videos" on storage.objects;

drop policy if exists "owners upload sources within their quota" on storage.objects;
create policy "owners upload sources within their quota" on storage.objects
for insert to authenticated
with check (
  bucket_id = 'project-videos'
  and (storage.foldername(name))[1] = (select auth.uid())::text
  and public.may_upload_directly(name, metadata)
);

drop policy if exists "owners replace sources within their quota" on storage.objects;
create policy "owners replace sources within their quota" on storage.objects
for update to authenticated
using (bucket_id = 'project-videos' and (storage.foldername(name))[1] = (select auth.uid())::text)
with check (
  bucket_id = 'project-videos'
  and (storage.foldername(name))[1] = (select auth.uid())::text
  and public.may_upload_directly(name, metadata)
);
