create table file_versions (
    id uuid primary key default gen_random_uuid(),
    file_id uuid not null references files (id) on delete cascade,
    object_key text not null,
    content_type text not null,
    size_bytes bigint not null,
    sha256 text not null,
    created_at timestamptz not null,
    replaced_at timestamptz not null default now()
);
comment on table file_versions is 'What a file held before; its owner''s alone, since it may have been replaced for a reason.';
create index file_versions_file_id on file_versions (file_id, replaced_at);
create index file_versions_object_key on file_versions (object_key);
call labsync.secure('file_versions');
call labsync.open_to_ingest('file_versions');
create policy owner_reads on file_versions for select to labsync_app
    using (exists (
        select from files where files.id = file_id and files.owner_id = (select labsync.current_user_id())
    ));
create policy owner_keeps on file_versions for insert to labsync_app
    with check (exists (
        select from files where files.id = file_id and files.owner_id = (select labsync.current_user_id())
    ));
create policy owner_forgets on file_versions for delete to labsync_app
    using (exists (
        select from files where files.id = file_id and files.owner_id = (select labsync.current_user_id())
    ));
grant select, insert, delete on file_versions to labsync_app;

-- Those of some objects that no row names any more, whoever could see it.
create function labsync.unnamed_objects(keys text[]) returns setof text
    language sql stable security definer set search_path = ''
begin atomic
    select key from unnest(keys) as key
    where not exists (select from public.files where object_key = key)
        and not exists (select from public.file_versions where object_key = key);
end;

-- Keeps a file's object from being given up until the transaction has named it a second time.
create function labsync.hold_file(file uuid) returns void language plpgsql security definer set search_path = '' as $$
begin
    perform from public.files where id = file for share;
end
$$;

revoke execute on function labsync.unnamed_objects(text[]), labsync.hold_file(uuid) from public;
grant execute on function labsync.unnamed_objects(text[]), labsync.hold_file(uuid) to labsync_app;
grant execute on function labsync.unnamed_objects(text[]) to labsync_ingest;
