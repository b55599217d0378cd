-- A row is a request: whoever makes a row of `videos` with status `queued` has asked for the video, and a worker adds the
-- job. What is still to be done for a row stands in `video_requests`, which triggers write in the transaction of the row
-- itself: there is no request without its row, and no row that waits without its request.

create table if not exists public.video_requests (
  video_id uuid primary key references public.videos (id) on delete cascade,
  -- Another one each time the video is asked for. The job is made in its name, so one request makes one job.
  request_id uuid not null default gen_random_uuid(),
  options jsonb not null default '{}'::jsonb check (jsonb_typeof(options) = 'object'),
  -- Null: nothing is to be done.
  due_at timestamptz,
  failures integer not null default 0,
  claimed_by uuid,
  claimed_until timestamptz
);

comment on table public.video_requests is 'What workers still have to do in the queue for each row of videos; written by triggers.';
comment on column public.video_requests.options is '{outputs, profile, priority} of the job, each where it was asked for.';
comment on column public.video_requests.due_at is 'When a worker looks at it next: to add the job, to cancel it, or to see that it is still there.';
comment on column public.video_requests.claimed_by is 'The worker that looks at it, until claimed_until.';

create index if not exists video_requests_due_at_idx on public.video_requests (due_at) where due_at is not null;

alter table public.video_requests enable row level security;
revoke all on public.video_requests from public, anon, authenticated;
grant select, insert, update, delete on public.video_requests to service_role;
drop policy if exists "Users have no requests of the service" on public.video_requests;
create policy "Users have no requests of the service" on public.video_requests
  for all to anon, authenticated using (false) with check (false);

-- A row that names a job is of a producer that adds it itself in the next moment: only if it does not, a worker does. One
-- that waits or runs is looked at every five minutes: the queue may have lost its job.
create or replace function public.videos_after_status()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
  is_asked boolean := new.status = 'queued' and (tg_op = 'INSERT' or old.status not in ('queued', 'processing'));
  due timestamptz := case
    when is_asked and new.job_id is null then now()
    when is_asked then now() + interval '1 minute'
    when new.status in ('queued', 'processing') then now() + interval '5 minutes'
    when new.status = 'canceled' then now()
  end;
begin
  insert into public.video_requests as requests (video_id, due_at)
  values (new.id, due)
  on conflict (video_id) do update
  set due_at = excluded.due_at, failures = 0, claimed_by = null, claimed_until = null,
    request_id = case when is_asked then excluded.request_id else requests.request_id end;
  return null;
end;
$$;

create or replace trigger videos_after_insert_request
after insert on public.videos
for each row execute function public.videos_after_status();

create or replace trigger videos_after_update_request
after update of status on public.videos
for each row when (old.status is distinct from new.status) execute function public.videos_after_status();

-- What waits or runs already is looked at like everything else.
insert into public.video_requests (video_id, due_at)
select id, now() + interval '5 minutes' from public.videos where status in ('queued', 'processing')
on conflict (video_id) do nothing;

-- Takes requests that are due. Two workers never get the same one before the lease of the first is over.
create or replace function public.claim_video_requests(claimant uuid, batch integer, lease_seconds integer)
returns setof jsonb
language sql
set search_path = ''
as $$
  update public.video_requests as requests
  set claimed_by = claimant, claimed_until = now() + make_interval(secs => lease_seconds)
  from (
    select waiting.video_id
    from public.video_requests as waiting
    where waiting.due_at <= now() and (waiting.claimed_until is null or waiting.claimed_until < now())
    order by waiting.due_at
    limit batch
    for update skip locked
  ) as due
  join public.videos on videos.id = due.video_id
  where requests.video_id = due.video_id
  returning jsonb_build_object(
    'video_id', requests.video_id, 'request_id', requests.request_id, 'options', requests.options,
    'failures', requests.failures, 'status', videos.status, 'owner_id', videos.owner_id, 'project', videos.project,
    'source_bucket', videos.source_bucket, 'source_path', videos.source_path, 'source_proof', videos.source_proof,
    'queue_priority', videos.queue_priority
  );
$$;

-- Ends the claims of a worker. Each outcome is {video_id, request_id, again_seconds, failed}; without again_seconds
-- nothing is left to do. A row that changed meanwhile has a new request, which stays as it is.
create or replace function public.finish_video_requests(claimant uuid, outcomes jsonb)
returns integer
language sql
set search_path = ''
as $$
  with ended as (
    update public.video_requests as requests
    set due_at = now() + make_interval(secs => outcome.again_seconds), claimed_by = null, claimed_until = null,
      failures = case when outcome.failed then requests.failures + 1 else 0 end
    from jsonb_to_recordset(
      -- Not every server of the database API hands an array on as one: some send it as text.
      case jsonb_typeof(outcomes) when 'string' then (outcomes #>> '{}')::jsonb else outcomes end
    ) as outcome (video_id uuid, request_id uuid, again_seconds integer, failed boolean)
    where requests.video_id = outcome.video_id
      and requests.request_id = outcome.request_id
      and requests.claimed_by = claimant
    returning requests.video_id
  )
  select count(*)::integer from ended;
$$;

-- As `queue_owner_video`, and keeps what the job is to be like: whoever adds it, the producer or a worker, adds the same.
create or replace function public.queue_requested_video(
  video uuid, owner uuid, project_name text, bucket_name text, object_path text, job text,
  display_name text default null, max_queued integer default null, band_name text default 'normal',
  proof jsonb default null, request_options jsonb default '{}'
)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  answer jsonb := public.queue_owner_video(
    video, owner, project_name, bucket_name, object_path, job, display_name, max_queued, band_name, proof
  );
begin
  if answer ->> 'refusal' is null then
    update public.video_requests
    set options = case jsonb_typeof(request_options)
      when 'string' then (request_options #>> '{}')::jsonb
      else coalesce(request_options, '{}'::jsonb)
    end
    where video_id = video;
  end if;
  return answer;
end;
$$;

revoke all on function public.videos_after_status() from public, anon, authenticated;
revoke all on function public.claim_video_requests(uuid, integer, integer) from public, anon, authenticated;
revoke all on function public.finish_video_requests(uuid, jsonb) from public, anon, authenticated;
revoke all on function public.queue_requested_video(
  uuid, uuid, text, text, text, text, text, integer, text, jsonb, jsonb
) from public, anon, authenticated;
grant execute on function public.claim_video_requests(uuid, integer, integer) to service_role;
grant execute on function public.finish_video_requests(uuid, jsonb) to service_role;
grant execute on function public.queue_requested_video(
  uuid, uuid, text, text, text, text, text, integer, text, jsonb, jsonb
) to service_role;
