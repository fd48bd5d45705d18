create table index_generations (
    id serial primary key,
    embedder text not null,
    dimension integer not null check (dimension > 0),
    recipe text not null,
    state text not null default 'building' check (state in ('building', 'serving', 'retired')),
    created_at timestamptz not null default now(),
    activated_at timestamptz
);
comment on table index_generations is 'A model, dimension and chunking recipe; vectors of different ones are never mixed.';
create unique index index_generations_one_serving on index_generations (state) where state = 'serving';
call labsync.secure('index_generations');
call labsync.open_to_ingest('index_generations');
grant usage on sequence index_generations_id_seq to labsync_ingest;
create policy all_read on index_generations for select to labsync_app using (true);
grant select on index_generations to labsync_app;

create table index_jobs (
    id bigint generated always as identity primary key,
    source_kind text not null check (source_kind in ('message', 'status', 'comment', 'schedule', 'file')),
    source_id uuid not null,
    revision bigint not null default 1,
    enqueued_at timestamptz not null default now(),
    run_after timestamptz not null default now(),
    lease_token bigint,
    lease_until timestamptz,
    attempts integer not null default 0,
    last_error text,
    dead boolean not null default false,
    unique (source_kind, source_id)
);
comment on table index_jobs is 'The outbox: what changed and is not indexed yet. Written by triggers, in the transaction of the change.';
create index index_jobs_ready on index_jobs (run_after, id) where not dead;
create sequence labsync.lease_tokens;
grant usage on sequence labsync.lease_tokens to labsync_ingest;
call labsync.secure('index_jobs');
call labsync.open_to_ingest('index_jobs');

create table chunks (
    id bigint generated always as identity primary key,
    generation_id integer not null references index_generations (id) on delete cascade,
    source_kind text not null check (source_kind in ('message', 'status', 'comment', 'schedule', 'file')),
    source_id uuid not null,
    ordinal integer not null,
    scope text not null,
    conversation_id uuid,
    author_id uuid,
    author_name text,
    title text,
    created_at timestamptz not null,
    starts_at timestamptz,
    ends_at timestamptz,
    locator text,
    text text not null,
    content_hash bytea not null,
    unique (generation_id, source_kind, source_id, ordinal)
);
comment on table chunks is 'Passages. Their scope places them in the index; whether they are shown is decided by their source''s row.';
create index chunks_source on chunks (source_kind, source_id);
call labsync.secure('chunks');
call labsync.open_to_ingest('chunks');

create policy follows_source on chunks for select to labsync_app
    using (
        case source_kind
            when 'message' then exists (select from messages where messages.id = source_id)
            when 'status' then exists (select from statuses where statuses.id = source_id)
            when 'comment' then exists (select from status_comments where status_comments.id = source_id)
            when 'schedule' then exists (select from lab_schedules where lab_schedules.id = source_id)
            when 'file' then exists (select from files where files.id = source_id)
            else false
        end
    );
grant select on chunks to labsync_app;

create table vectors (
    chunk_id bigint not null references chunks (id) on delete cascade,
    facet smallint not null,
    -- float32, little endian, L2-normalised; the generation's dimension.
    embedding bytea not null,
    primary key (chunk_id, facet)
);
comment on table vectors is 'What the embedder made of chunks. Never handed out.';
alter table vectors alter column embedding set storage external;
call labsync.secure('vectors');
call labsync.open_to_ingest('vectors');

-- How far the serving index has come; says nothing about what is waiting.
create function labsync.index_freshness(
    out generation integer, out fresh_through timestamptz, out pending bigint
) language sql stable security definer set search_path = ''
begin atomic
    select
        (select id from public.index_generations where state = 'serving'),
        coalesce(min(enqueued_at), now()),
        count(*)
    from public.index_jobs
    where not dead;
end;
