create table import_positions (
    name text primary key,
    lines bigint not null,
    bytes bigint not null,
    digest bytea not null,
    allows_relative_times boolean not null,
    updated_at timestamptz not null default now()
);
comment on table import_positions is 'How far imports came that are not finished: written with each batch, gone at the end.';
call labsync.secure('import_positions');
call labsync.open_to_ingest('import_positions');
