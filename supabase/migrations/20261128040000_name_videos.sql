-- A video has a title of its owner's, beside the name of its file, and it can be told how many videos wait before it.

alter table public.videos add column if not exists title text;
comment on column public.videos.title is 'As its owner named it; null: the name of its file stands for it.';

do $$
begin
  if not exists (
    select 1 from pg_catalog.pg_constraint
    where conname = 'videos_title_check' and conrelid = 'public.videos'::regclass
  ) then
    alter table public.videos add constraint videos_title_check check (char_length(title) between 1 and 200);
  end if;
end;
$$;

-- How many videos wait before each of these that waits itself: those with a lower number, and of the same number those
-- that came first. Beyond 1000 nobody counts on.
create or replace function public.count_videos_before(videos uuid[])
returns table (video uuid, before integer)
language sql
stable
set search_path = ''
as $$
  select mine.id, (
    select count(*)::integer
    from (
      select 1
      from public.videos as other
      where other.status = 'queued'
        and (
          other.queue_priority < mine.queue_priority
          or (other.queue_priority = mine.queue_priority and (other.created_at, other.id) < (mine.created_at, mine.id))
        )
      limit 1000
    ) as earlier
  )
  from public.videos as mine
  where mine.id = any (count_videos_before.videos) and mine.status = 'queued' and mine.queue_priority is not null;
$$;

revoke all on function public.count_videos_before(uuid[]) from public, anon, authenticated;
grant execute on function public.count_videos_before(uuid[]) to service_role;
