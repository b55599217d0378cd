-- Tables of the service alone: row-level security without a policy keeps users out as well, but looks forgotten, to
-- readers and to Supabase's linter. These say it. The service role is not subject to policies.

drop policy if exists "Users have no settings of the service" on public.media_settings;
create policy "Users have no settings of the service" on public.media_settings
  for all to anon, authenticated using (false) with check (false);

drop policy if exists "Users have no turns of the queue" on public.queue_turns;
create policy "Users have no turns of the queue" on public.queue_turns
  for all to anon, authenticated using (false) with check (false);

drop policy if exists "Users have no notes of removed media" on public.removed_media;
create policy "Users have no notes of removed media" on public.removed_media
  for all to anon, authenticated using (false) with check (false);

-- What policies ask, users need not be able to ask: in a schema that the API does not serve. It keeps the rights of its
-- owner, since it reads the quota and the sizes of all of a user's objects.
create schema if not exists media_private;
revoke all on schema media_private from public, anon;
grant usage on schema media_private to authenticated, service_role;

create or replace function media_private.may_upload_directly(object_name text, object_metadata jsonb)
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

revoke all on function media_private.may_upload_directly(text, jsonb) from public, anon;
grant execute on function media_private.may_upload_directly(text, jsonb) to authenticated, service_role;

drop policy if exists "owners upload sources within their quota" on storage.objects;
create policy "owners upload sources within their quota" on storage.objects
for insert to authenticated
with check (
  bucket_id = 'project-videos'
  and (storage.foldername(name))[1] = (select auth.uid())::text
  and media_private.may_upload_directly(name, metadata)
);

drop policy if exists "owners replace sources within their quota" on storage.objects;
create policy "owners replace sources within their quota" on storage.objects
for update to authenticated
using (bucket_id = 'project-videos' and (storage.foldername(name))[1] = (select auth.uid())::text)
with check (
  bucket_id = 'project-videos'
  and (storage.foldername(name))[1] = (select auth.uid())::text
  and media_private.may_upload_directly(name, metadata)
);

drop function if exists public.may_upload_directly(text, jsonb);
