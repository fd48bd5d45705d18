create table uploads (
    id uuid primary key default gen_random_uuid(),
    owner_id uuid not null references users (id),
    file_id uuid references files (id) on delete cascade,
    bucket_id text references buckets (id) on delete cascade,
    path text,
    replaces boolean not null default false,
    content_type text not null,
    cache_control text,
    user_metadata jsonb,
    length_bytes bigint not null,
    received_bytes bigint not null default 0,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    finished_at timestamptz,
    constraint uploads_one_target check (num_nonnulls(file_id, bucket_id) = 1),
    constraint uploads_path_in_bucket check ((bucket_id is null) = (path is null)),
    constraint uploads_received check (received_bytes between 0 and length_bytes)
);
comment on table uploads is
    'What comes in piece by piece, over connections that may break; its sender''s alone until the last byte is there.';
create index uploads_owner_id on uploads (owner_id);
create index uploads_file_id on uploads (file_id) where file_id is not null;
create index uploads_bucket_id on uploads (bucket_id) where bucket_id is not null;
create index uploads_expires_at on uploads (expires_at);
call labsync.secure('uploads');
call labsync.open_to_ingest('uploads');

create policy owner_reads on uploads for select to labsync_app
    using (owner_id = (select labsync.current_user_id()) and (select labsync.is_member()));
create policy owner_begins on uploads for insert to labsync_app
    with check (
        owner_id = (select labsync.current_user_id())
        and (select labsync.is_member())
        and (file_id is null or exists (select from files where files.id = file_id and files.owner_id = uploads.owner_id))
    );
create policy owner_goes_on on uploads for update to labsync_app
    using (owner_id = (select labsync.current_user_id()) and (select labsync.is_member()))
    with check (owner_id = (select labsync.current_user_id()));
create policy owner_gives_up on uploads for delete to labsync_app
    using (owner_id = (select labsync.current_user_id()) and (select labsync.is_member()));
grant select, insert, delete on uploads to labsync_app;
grant update (received_bytes, expires_at, finished_at) on uploads to labsync_app;

create table upload_parts (
    upload_id uuid not null references uploads (id) on delete cascade,
    start_byte bigint not null,
    size_bytes bigint not null,
    sha256 text not null,
    object_key text not null,
    primary key (upload_id, start_byte),
    constraint upload_parts_size check (start_byte >= 0 and size_bytes >= 0)
);
comment on table upload_parts is 'The pieces of an upload that have come, each an object, until they are one.';
create index upload_parts_object_key on upload_parts (object_key);
call labsync.secure('upload_parts');
call labsync.open_to_ingest('upload_parts');
create policy owner_reads on upload_parts for select to labsync_app
    using (exists (
        select from uploads where uploads.id = upload_id and uploads.owner_id = (select labsync.current_user_id())
    ));
create policy owner_adds on upload_parts for insert to labsync_app
    with check (exists (
        select from uploads where uploads.id = upload_id and uploads.owner_id = (select labsync.current_user_id())
    ));
create policy owner_joins on upload_parts for delete to labsync_app
    using (exists (
        select from uploads where uploads.id = upload_id and uploads.owner_id = (select labsync.current_user_id())
    ));
grant select, insert, delete on upload_parts to labsync_app;

create or replace function labsync.unnamed_objects(keys text[]) returns setof text
    language sql stable security definer set search_path = ''
begin atomic
    select key from unnest(keys) as key
    where not exists (select from public.files where object_key = key)
        and not exists (select from public.file_versions where object_key = key)
        and not exists (select from public.upload_parts where object_key = key);
end;
