-- Asking for a video, canceling it and asking again: by its owner, under the limits of this project, or by the service.
-- From SQL, an Edge Function or any language, by the database API; no producer of the queue is needed.

alter table public.media_settings
  add column if not exists source_buckets text[] not null default array['project-videos'],
  add column if not exists max_queued_per_owner integer not null default 20 check (max_queued_per_owner > 0),
  add column if not exists allow_anonymous_users boolean not null default false,
  add column if not exists user_options text[] not null default array['fileName']
    check (user_options <@ array['fileName', 'outputs', 'profile', 'sha256']);

comment on column public.media_settings.source_buckets is 'In which buckets users may have their sources processed, below the folder of their own id.';
comment on column public.media_settings.max_queued_per_owner is 'Videos of one user that may wait or run at the same time, of those asked for by request_video.';
comment on column public.media_settings.allow_anonymous_users is 'Whether users of anonymous sign-ins may ask for videos.';
comment on column public.media_settings.user_options is 'What users may say in the options of request_video: some of fileName, outputs, profile, sha256.';

-- The id of a video that was given none: the same source always has the same one, as packages/client makes it.
create or replace function public.video_id_of(bucket_name text, object_path text)
returns uuid
language sql
immutable
strict
set search_path = ''
as $$
  select encode(set_byte(set_byte(digest, 6, get_byte(digest, 6) & 15 | 128), 8, get_byte(digest, 8) & 63 | 128), 'hex')::uuid
  from (select substring(sha256(convert_to(bucket_name || '/' || object_path, 'UTF8')) from 1 for 16) as digest) as digests
$$;

-- Whom the caller acts for: null for the service, that is for its role, for the owner of the database and for its own
-- jobs. A function that belongs to its definer still knows who called it: SET ROLE is not undone by it.
create or replace function public.media_caller()
returns uuid
language plpgsql
stable
set search_path = ''
as $$
declare
  caller constant text := coalesce(nullif(current_setting('role', true), 'none'), session_user);
  user_id uuid;
begin
  if caller not in ('anon', 'authenticated', 'authenticator')
    and pg_catalog.pg_has_role(caller, 'service_role', 'member')
  then
    return null;
  end if;
  user_id := auth.uid();
  if caller <> 'authenticated' or not exists (select 1 from auth.users where users.id = user_id) then
    raise exception using errcode = 'PT401', message = 'token_refused: nobody is signed in',
      hint = 'Sign in, or use the service role''s key on a server.';
  end if;
  if coalesce((auth.jwt() ->> 'is_anonymous')::boolean, false)
    and not exists (select 1 from public.media_settings where allow_anonymous_users)
  then
    raise exception using errcode = 'PT403', message = 'anonymous_refused: the sign-in is an anonymous one',
      hint = 'Sign in with an account. The operator allows others by media_settings.allow_anonymous_users.';
  end if;
  return user_id;
end;
$$;

-- The options of a request, each of which must be known, allowed and of its form.
create or replace function public.read_video_options(given jsonb, is_service boolean)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
declare
  -- Not every server of the database API hands an object on as one: some send it as text.
  options constant jsonb := coalesce(
    case jsonb_typeof(given) when 'string' then (given #>> '{}')::jsonb when 'null' then '{}'::jsonb else given end,
    '{}'::jsonb
  );
  allowed constant text[] := case
    when is_service
    then array['fileName', 'outputs', 'profile', 'sha256', 'ownerId', 'project', 'priority', 'maxQueued', 'again']
    else (select user_options from public.media_settings)
  end;
  problem text;
begin
  if jsonb_typeof(options) <> 'object' then
    problem := 'options must be an object';
  elsif exists (select 1 from jsonb_object_keys(options) as keys (name) where not name = any (allowed)) then
    problem := format(
      'the option %s is not allowed here, only %s',
      (select to_json(left(min(name), 40)) from jsonb_object_keys(options) as keys (name) where not name = any (allowed)),
      coalesce(nullif(array_to_string(allowed, ', '), ''), 'none')
    );
  else
    select format('%s must be %s', name, form) into problem
    from jsonb_each(options) as given_options (name, value)
    join (values
      ('fileName', 'string', '^[^[:cntrl:]]{1,255}$', 'a text of 1 to 255 characters'),
      ('profile', 'string', '^[a-z][a-z0-9_-]{0,31}$', 'the name of a profile'),
      ('sha256', 'string', '^[0-9a-f]{64}$', '64 hex digits'),
      ('ownerId', 'string', '^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$', 'a UUID in lower case'),
      ('project', 'string', '^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$', 'letters, digits, _ and -, at most 63'),
      ('priority', 'string', '^(high|normal|low)$', 'high, normal or low'),
      ('maxQueued', 'number', '^[1-9][0-9]{0,5}$', 'a whole number from 1 to 999999'),
      ('again', 'boolean', '^(true|false)$', 'true or false'),
      ('outputs', 'array', '.', 'an array of 1 to 20 names of outputs')
    ) as forms (name, type, pattern, form) using (name)
    where jsonb_typeof(value) <> type
      or not (value #>> '{}') ~ pattern
      or (
        type = 'array'
        and (
          jsonb_array_length(value) not between 1 and 20
          or exists (
            select 1 from jsonb_array_elements(value) as elements (element)
            where jsonb_typeof(element) <> 'string' or not (element #>> '{}') ~ '^[a-z][a-z0-9_-]{0,31}$'
          )
        )
      )
    order by name
    limit 1;
  end if;
  if problem is not null then
    raise exception using errcode = 'PT400', message = 'invalid_argument: ' || problem;
  end if;
  return options;
end;
$$;

-- Queues the video of a stored object, once for each version of it. Answers {"video": id}, or {"refusal": code, …}.
create or replace function public.queue_stored_source(
  bucket_name text, object_path text, owner uuid, max_queued integer, options jsonb
)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  stored record;
  upload_state text;
  known public.videos;
  proof jsonb;
  is_same boolean;
  video uuid;
  answer jsonb;
begin
  perform pg_catalog.pg_advisory_xact_lock(
    pg_catalog.hashtextextended('requested_source:' || bucket_name || '/' || object_path, 0)
  );
  select metadata, updated_at into stored from storage.objects where bucket_id = bucket_name and name = object_path;
  if not found then
    return jsonb_build_object('refusal', 'object_missing');
  end if;
  -- An upload of the intake is proved and queued when it is completed; what is left of an ended one is removed.
  select state into upload_state from public.upload_sessions as sessions
  where sessions.bucket = bucket_name and sessions.path = object_path;
  if upload_state in ('open', 'completing') then
    return jsonb_build_object('refusal', 'upload_incomplete');
  elsif upload_state in ('canceled', 'abandoned') then
    return jsonb_build_object('refusal', 'object_missing');
  end if;

  proof := jsonb_strip_nulls(jsonb_build_object(
    'size', (stored.metadata ->> 'size')::bigint, 'etag', nullif(btrim(stored.metadata ->> 'eTag', '"'), ''),
    'sha256', options ->> 'sha256'
  ));
  select * into known from public.videos where source_bucket = bucket_name and source_path = object_path;
  if known.id is not null then
    if owner is not null and known.owner_id is distinct from owner then
      return jsonb_build_object('refusal', 'video_not_found');
    end if;
    is_same := case
      when known.source_proof ? 'etag' and proof ? 'etag' then known.source_proof ->> 'etag' = proof ->> 'etag'
      else stored.updated_at <= coalesce(known.started_at, known.created_at)
    end;
    if is_same and not coalesce((options ->> 'again')::boolean, false) then
      return jsonb_build_object('video', known.id);
    end if;
    if known.status in ('queued', 'processing') then
      return jsonb_build_object('refusal', 'video_busy', 'status', known.status);
    end if;
  end if;

  video := coalesce(known.id, public.video_id_of(bucket_name, object_path));
  answer := public.queue_requested_video(
    video => video, owner => owner, project_name => coalesce(options ->> 'project', known.project, 'default'),
    bucket_name => bucket_name, object_path => object_path, job => 'video-' || video::text,
    display_name => options ->> 'fileName', max_queued => max_queued,
    band_name => coalesce(options ->> 'priority', 'normal'), proof => proof,
    request_options => jsonb_strip_nulls(jsonb_build_object(
      'outputs', options -> 'outputs', 'profile', options -> 'profile', 'priority', options -> 'priority'
    ))
  );
  if answer ->> 'refusal' is not null then
    return answer;
  end if;
  -- Nobody else adds its job.
  update public.video_requests set due_at = now() where video_id = video;
  return jsonb_build_object('video', video);
end;
$$;

-- Tells a caller why not, with the status that the database API answers with and the codes of the intake API.
create or replace function public.refuse_video(refusal jsonb, max_queued integer)
returns void
language plpgsql
set search_path = ''
as $$
declare
  code constant text := refusal ->> 'refusal';
begin
  case code
    when 'too_many_queued' then
      raise exception using errcode = 'PT429', message = format(
        'too_many_queued: %s of your videos wait or are being processed; %s may be', refusal ->> 'queued', max_queued
      ), detail = jsonb_build_object('queued', refusal -> 'queued', 'limit', max_queued)::text,
      hint = 'Wait until one of them is done, then try again.';
    when 'object_missing' then
      raise exception using errcode = 'PT404', message = 'object_missing: no object exists at that path',
        hint = 'Ask when its upload is complete; look at bucket and path.';
    when 'upload_incomplete' then
      raise exception using errcode = 'PT409', message = 'upload_incomplete: the upload to this path is not completed',
        hint = 'Complete it at the intake API, which queues the video itself.';
    when 'video_busy' then
      raise exception using errcode = 'PT409', message = format(
        'video_busy: the video is %s, and cannot be asked for again meanwhile', refusal ->> 'status'
      ), detail = jsonb_build_object('status', refusal -> 'status')::text,
      hint = 'Wait until it has come to its end, or cancel it first.';
    when 'video_rejected' then
      raise exception using errcode = 'PT409', message = 'video_rejected: the same file would be rejected again',
        hint = 'Upload a corrected file as a new video.';
    else
      raise exception using errcode = 'PT404', message = 'video_not_found: there is no such video of this user';
  end case;
end;
$$;

-- What runs with the rights of its owner stands in a schema that the API does not serve; what it serves calls that.
create schema if not exists media_private;
revoke all on schema media_private from public, anon;
grant usage on schema media_private to authenticated, service_role;

-- Asks for the video of an object in Storage. Users ask for what lies below the folder of their own id, and are held to
-- the limits of media_settings. Answers the video's row; asked again for the same version of the object, the same row.
create or replace function media_private.request_video(bucket text, path text, options jsonb)
returns public.videos
language plpgsql
security definer
set search_path = ''
as $$
declare
  caller constant uuid := public.media_caller();
  known_options constant jsonb := public.read_video_options(options, caller is null);
  settings public.media_settings;
  owner constant uuid := coalesce(caller, (known_options ->> 'ownerId')::uuid);
  max_queued integer := (known_options ->> 'maxQueued')::integer;
  answer jsonb;
  asked public.videos;
begin
  select * into strict settings from public.media_settings;
  if caller is not null then
    max_queued := settings.max_queued_per_owner;
    if not coalesce(bucket = any (settings.source_buckets) and (storage.foldername(path))[1] = caller::text, false) then
      -- Another's object is no different from none.
      perform public.refuse_video('{"refusal": "object_missing"}', max_queued);
    end if;
  end if;
  if bucket is null or path is null then
    raise exception using errcode = 'PT400', message = 'invalid_argument: bucket and path are needed';
  end if;
  if owner is not null and not exists (select 1 from auth.users where users.id = owner) then
    raise exception using errcode = 'PT400', message = 'invalid_argument: ownerId is no user''s';
  end if;
  answer := public.queue_stored_source(bucket, path, owner, max_queued, known_options);
  if answer ->> 'refusal' is not null then
    perform public.refuse_video(answer, max_queued);
  end if;
  select * into strict asked from public.videos where videos.id = (answer ->> 'video')::uuid;
  return asked;
end;
$$;

-- Cancels a video that waits or runs; another one stays as it is. Answers its row.
create or replace function media_private.cancel_video(id uuid)
returns public.videos
language plpgsql
security definer
set search_path = ''
as $$
declare
  caller constant uuid := public.media_caller();
  canceled public.videos;
begin
  update public.videos
  set status = 'canceled', step = null, finished_at = now()
  where videos.id = cancel_video.id and (caller is null or videos.owner_id = caller)
    and videos.status in ('queued', 'processing');
  select * into canceled from public.videos
  where videos.id = cancel_video.id and (caller is null or videos.owner_id = caller);
  if canceled.id is null then
    perform public.refuse_video('{"refusal": "video_not_found"}', null);
  end if;
  return canceled;
end;
$$;

-- Runs a video again that failed or was canceled, or lacks an output; for the service every one that has ended. Answers
-- its row. Its options stay as they were.
create or replace function media_private.retry_video(id uuid)
returns public.videos
language plpgsql
security definer
set search_path = ''
as $$
declare
  caller constant uuid := public.media_caller();
  max_queued constant integer := case
    when caller is not null then (select max_queued_per_owner from public.media_settings)
  end;
  known public.videos;
  kept jsonb;
  answer jsonb;
  lacks_output boolean;
begin
  select * into known from public.videos
  where videos.id = retry_video.id and (caller is null or videos.owner_id = caller)
  for update;
  if known.id is null then
    perform public.refuse_video('{"refusal": "video_not_found"}', null);
  end if;
  lacks_output := known.status = 'ready' and jsonb_path_exists(
    known.facts, '$.warnings[*].code ? (@ like_regex "_unavailable$")'
  );
  if known.status in ('queued', 'processing') or (caller is not null and known.status = 'ready' and not lacks_output) then
    perform public.refuse_video(jsonb_build_object('refusal', 'video_busy', 'status', known.status), null);
  elsif caller is not null and known.status = 'rejected' then
    perform public.refuse_video('{"refusal": "video_rejected"}', null);
  end if;
  select options into kept from public.video_requests where video_id = known.id;
  answer := public.queue_requested_video(
    video => known.id, owner => known.owner_id, project_name => known.project, bucket_name => known.source_bucket,
    object_path => known.source_path, job => 'video-' || known.id::text, max_queued => max_queued,
    band_name => coalesce(kept ->> 'priority', 'normal'), request_options => kept
  );
  if answer ->> 'refusal' is not null then
    perform public.refuse_video(answer, max_queued);
  end if;
  update public.video_requests set due_at = now() where video_id = known.id;
  select * into strict known from public.videos where videos.id = known.id;
  return known;
end;
$$;

create or replace function public.request_video(bucket text, path text, options jsonb default '{}')
returns public.videos
language sql
set search_path = ''
as $$ select * from media_private.request_video(bucket, path, options) $$;

create or replace function public.cancel_video(id uuid)
returns public.videos
language sql
set search_path = ''
as $$ select * from media_private.cancel_video(id) $$;

create or replace function public.retry_video(id uuid)
returns public.videos
language sql
set search_path = ''
as $$ select * from media_private.retry_video(id) $$;

revoke all on function public.video_id_of(text, text) from public, anon, authenticated;
revoke all on function public.media_caller() from public, anon, authenticated;
revoke all on function public.read_video_options(jsonb, boolean) from public, anon, authenticated;
revoke all on function public.queue_stored_source(text, text, uuid, integer, jsonb) from public, anon, authenticated;
revoke all on function public.refuse_video(jsonb, integer) from public, anon, authenticated;
revoke all on function media_private.request_video(text, text, jsonb) from public, anon;
revoke all on function media_private.cancel_video(uuid) from public, anon;
revoke all on function media_private.retry_video(uuid) from public, anon;
revoke all on function public.request_video(text, text, jsonb) from public, anon, authenticated;
revoke all on function public.cancel_video(uuid) from public, anon, authenticated;
revoke all on function public.retry_video(uuid) from public, anon, authenticated;
grant execute on function public.video_id_of(text, text) to service_role;
grant execute on function public.request_video(text, text, jsonb) to authenticated, service_role;
grant execute on function public.cancel_video(uuid) to authenticated, service_role;
grant execute on function public.retry_video(uuid) to authenticated, service_role;
grant execute on function media_private.request_video(text, text, jsonb) to authenticated, service_role;
grant execute on function media_private.cancel_video(uuid) to authenticated, service_role;
grant execute on function media_private.retry_video(uuid) to authenticated, service_role;
