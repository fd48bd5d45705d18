create table buckets (
    id text primary key,
    name text not null,
    owner_id uuid references users (id),
    public boolean not null default false,
    file_size_limit bigint,
    allowed_mime_types text[],
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint buckets_id_length check (length(id) between 1 and 100),
    constraint buckets_file_size_limit check (file_size_limit >= 0)
);
comment on table buckets is
    'Where files have paths. In a public bucket everybody of the lab sees them and anybody who has the address; in another one each its owner''s.';
call labsync.secure('buckets');
call labsync.open_to_ingest('buckets');

create policy members_read on buckets for select to labsync_app using ((select labsync.is_member()));
create policy managers_create on buckets for insert to labsync_app
    with check ((select labsync.is_manager()) and owner_id = (select labsync.current_user_id()));
create policy managers_change on buckets for update to labsync_app
    using ((select labsync.is_manager())) with check ((select labsync.is_manager()));
create policy managers_delete on buckets for delete to labsync_app using ((select labsync.is_manager()));
grant select, insert, delete on buckets to labsync_app;
grant update (name, public, file_size_limit, allowed_mime_types, updated_at) on buckets to labsync_app;

-- An object of a bucket is a file with a path: found by the same search, under the same policies.
alter table files
    add column bucket_id text references buckets (id),
    add column path text collate "C",
    -- Among whose paths this one is unique: the lab's (nil), a conversation's, or its owner's. What is hidden from
    -- somebody is in another realm, so that a path that is taken never tells of it.
    add column path_realm uuid,
    add column user_metadata jsonb,
    add column cache_control text,
    -- Addresses that were signed for an earlier one open nothing.
    add column link_version integer not null default 1,
    add column updated_at timestamptz not null default now(),
    add constraint files_path_in_bucket check ((bucket_id is null) = (path is null)),
    add constraint files_realm_of_path check ((bucket_id is null) = (path_realm is null));
create unique index files_path on files (bucket_id, path, path_realm) where bucket_id is not null;
create index files_object_key on files (object_key);

-- `conversations/{id}/…` belongs to that conversation, whatever the bucket.
create function labsync.conversation_of_path(path text) returns uuid language sql immutable set search_path = ''
    return substring(
        path from '^conversations/([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})/'
    )::uuid;

create function labsync.place_in_bucket() returns trigger
    language plpgsql security definer set search_path = '' as $$
declare
    conversation uuid := labsync.conversation_of_path(new.path);
    is_public boolean;
begin
    if tg_op = 'UPDATE' and conversation is null and labsync.conversation_of_path(old.path) = new.conversation_id then
        new.conversation_id := null;
        new.message_id := null;
    end if;
    if conversation is not null then
        new.conversation_id := conversation;
        new.status_id := null;
        new.schedule_id := null;
        new.path_realm := conversation;
    elsif new.bucket_id is null then
        new.path_realm := null;
    else
        -- Held against a change of the bucket's audience until this is committed.
        select public into is_public from public.buckets where id = new.bucket_id for share;
        new.path_realm := case when is_public then '00000000-0000-0000-0000-000000000000' else new.owner_id end;
    end if;
    return new;
end
$$;
create trigger place_in_bucket before insert or update of bucket_id, path, owner_id, conversation_id on files
    for each row execute function labsync.place_in_bucket();

alter policy follows_attachment on files using (
    (select labsync.is_member())
    and case
        when conversation_id is not null then conversation_id = any (array(select labsync.my_conversation_ids()))
        when status_id is not null then exists (select from statuses where statuses.id = status_id)
        when schedule_id is not null then true
        when bucket_id = any (array(select buckets.id from buckets where buckets.public)) then true
        else owner_id = (select labsync.current_user_id())
    end
);
grant update (
    bucket_id, path, user_metadata, cache_control, link_version, updated_at
) on files to labsync_app;

create or replace function labsync.scope_of(kind text, source uuid) returns text
    language sql stable security definer set search_path = ''
begin atomic
    select case kind
        when 'message' then (select 'conversation:' || conversation_id from public.messages where id = source)
        when 'status' then labsync.status_scope(source)
        when 'comment' then (
            select labsync.status_scope(status_id) from public.status_comments where id = source
        )
        when 'schedule' then (select 'everyone' from public.lab_schedules where id = source)
        when 'file' then (
            select case
                when conversation_id is not null then 'conversation:' || conversation_id
                when status_id is not null then labsync.status_scope(status_id)
                when schedule_id is not null then 'everyone'
                when exists (select from public.buckets where buckets.id = bucket_id and buckets.public) then 'everyone'
                else 'author:' || owner_id
            end
            from public.files where id = source
        )
    end;
end;

create procedure labsync.move_file_chunks(moved uuid[]) language plpgsql security definer set search_path = '' as $$
begin
    -- Jobs first, then chunks: the order in which workers lock them. One under way read the old audience: it runs again.
    update public.index_jobs
    set lease_token = null, lease_until = null
    where source_kind = 'file' and source_id = any (moved);
    update public.chunks
    set scope = labsync.scope_of('file', chunks.source_id), conversation_id = files.conversation_id
    from public.files
    where files.id = any (moved) and chunks.source_kind = 'file' and chunks.source_id = files.id;
end
$$;

create function labsync.file_bucket_changed() returns trigger
    language plpgsql security definer set search_path = '' as $$
begin
    call labsync.move_file_chunks(array[new.id]);
    return null;
end
$$;
create trigger move_chunks after update of bucket_id on files
    for each row when (new.bucket_id is distinct from old.bucket_id) execute function labsync.file_bucket_changed();

-- Nobody publishes what others keep to themselves: opening a bucket takes that its objects are one's own.
create function labsync.bucket_audience_changed() returns trigger
    language plpgsql security definer set search_path = '' as $$
declare
    moved uuid[];
begin
    if new.public and exists (
        select from public.files
        where bucket_id = new.id and path_realm = owner_id and owner_id is distinct from labsync.current_user_id()
    ) then
        raise exception using errcode = 'LS001', message = 'others keep private objects in this bucket';
    end if;
    with changed as (
        update public.files
        set path_realm = case when new.public then '00000000-0000-0000-0000-000000000000' else owner_id end
        where bucket_id = new.id and labsync.conversation_of_path(path) is null
        returning id
    )
    select array_agg(id) into moved from changed;
    call labsync.move_file_chunks(moved);
    return null;
end
$$;
create trigger move_objects after update of public on buckets
    for each row when (new.public is distinct from old.public) execute function labsync.bucket_audience_changed();

-- What a public address shows to anybody.
create function labsync.public_object(bucket text, object_path text) returns setof public.files
    language sql stable security definer set search_path = ''
begin atomic
    select files.*
    from public.files
    join public.buckets on buckets.id = files.bucket_id
    where buckets.id = bucket and buckets.public and files.path = object_path and files.object_key is not null
        and num_nonnulls(files.conversation_id, files.status_id, files.schedule_id) = 0;
end;

revoke execute on function
    labsync.conversation_of_path(text), labsync.place_in_bucket(), labsync.file_bucket_changed(),
    labsync.bucket_audience_changed(), labsync.public_object(text, text)
    from public;
revoke execute on procedure labsync.move_file_chunks(uuid[]) from public;
grant execute on function labsync.public_object(text, text) to labsync_app;
