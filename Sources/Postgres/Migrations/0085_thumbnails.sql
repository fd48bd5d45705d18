create table thumbnails (
    file_id uuid primary key references files (id) on delete cascade,
    object_key text not null,
    picture bytea,
    drawn_at timestamptz not null default now(),
    constraint thumbnails_picture_length check (length(picture) <= 1048576)
);
comment on table thumbnails is
    'Small pictures of files, drawn from the object that is named; null where it could not be drawn.';
call labsync.secure('thumbnails');
call labsync.open_to_ingest('thumbnails');
create policy follows_file on thumbnails for select to labsync_app
    using (exists (select from files where id = file_id));
grant select on thumbnails to labsync_app;
