-- Row-level security: an owner sees their own rows and objects and nobody else's. Writing rows is the worker's and the
-- intake's alone, with the service role, which row-level security does not bind.

alter table public.videos enable row level security;

grant select on public.videos to authenticated;
grant all on public.videos to service_role;
revoke all on public.videos from anon;
revoke insert, update, delete, truncate on public.videos from authenticated;

drop policy if exists "owners read their videos" on public.videos;
create policy "owners read their videos" on public.videos
for select to authenticated
using (owner_id = (select auth.uid()));

-- Sources live under a folder named by the user's id: {user id}/… in project-videos.
drop policy if exists "owners read their source videos" on storage.objects;
create policy "owners read their source videos" on storage.objects
for select to authenticated
using (bucket_id = 'project-videos' and (storage.foldername(name))[1] = (select auth.uid())::text);

drop policy if exists "owners upload their source videos" on storage.objects;
create policy "owners upload their source videos" on storage.objects
for insert to authenticated
with check (bucket_id = 'project-videos' and (storage.foldername(name))[1] = (select auth.uid())::text);

drop policy if exists "owners replace their source videos" on storage.objects;
create policy "owners replace their source videos" on storage.objects
for update to authenticated
using (bucket_id = 'project-videos' and (storage.foldername(name))[1] = (select auth.uid())::text)
with check (bucket_id = 'project-videos' and (storage.foldername(name))[1] = (select auth.uid())::text);

drop policy if exists "owners delete their source videos" on storage.objects;
create policy "owners delete their source videos" on storage.objects
for delete to authenticated
using (bucket_id = 'project-videos' and (storage.foldername(name))[1] = (select auth.uid())::text);

-- Results live under {project}/{video id}/{version}/… in project-processed-videos and belong to the video's owner.
drop policy if exists "owners read their processed videos" on storage.objects;
create policy "owners read their processed videos" on storage.objects
for select to authenticated
using (
  bucket_id = 'project-processed-videos'
  and exists (
    select 1
    from public.videos
    where videos.id::text = (storage.foldername(objects.name))[2]
      and videos.owner_id = (select auth.uid())
  )
);
