-- A job belongs to one generation: what one worker has done for the serving index says nothing of the one being built.

alter table index_generations
    add column is_ordered boolean not null default false,
    add column began_after_chunk bigint;
comment on column index_generations.is_ordered is 'All that there was to index has a job or chunks: a kill before that is made good.';
comment on column index_generations.began_after_chunk is 'The newest chunk when it began to serve: what changed later is newer, and lacks in the one before.';
update index_generations set is_ordered = true;

-- It stands on columns that go; made anew below.
drop function labsync.enqueue(text, uuid[]);

-- Without a foreign key: every write would lock the generation's row.
alter table index_jobs
    add column generation_id integer,
    add column is_bulk boolean not null default false,
    drop constraint index_jobs_source_kind_source_id_key,
    drop column revision;
comment on column index_jobs.is_bulk is 'Ordered with many others: what somebody wrote just now goes first.';
update index_jobs set generation_id = (select id from index_generations where state = 'serving');
-- A lab that has no generation yet orders everything when it makes its first.
delete from index_jobs where generation_id is null;
alter table index_jobs
    alter column generation_id set not null,
    add constraint index_jobs_one_each unique (source_kind, source_id, generation_id);
drop index index_jobs_ready;
create index index_jobs_ready on index_jobs (generation_id, is_bulk, run_after, id) where not dead;

-- Whoever changes a source takes the job out of the hands of a worker that read the old one: its token is void.
create function labsync.enqueue(kind text, sources uuid[]) returns void
    language sql security definer set search_path = ''
begin atomic
    insert into public.index_jobs (generation_id, source_kind, source_id, is_bulk)
    select
        generation.id,
        kind,
        source.id,
        coalesce(pg_catalog.current_setting('labsync.bulk', true), '') = 'on'
    from public.index_generations as generation
    cross join (select distinct unnest(sources) as id) as source
    where generation.state in ('serving', 'building')
    order by source.id, generation.id
    on conflict (source_kind, source_id, generation_id) do update
    set enqueued_at = case when index_jobs.dead then now() else index_jobs.enqueued_at end,
        run_after = now(),
        attempts = 0,
        dead = false,
        is_bulk = index_jobs.is_bulk and excluded.is_bulk,
        lease_token = null,
        lease_until = null;
end;

revoke execute on function labsync.enqueue(text, uuid[]) from public;
grant execute on function labsync.enqueue(text, uuid[]) to labsync_ingest;

-- Jobs first, then chunks: the order in which workers lock them.
create or replace procedure labsync.move_status_chunks(status uuid)
    language plpgsql security definer set search_path = '' as $$
declare
    now_scope text := labsync.status_scope(status);
begin
    -- Nothing to move when the status itself goes: its chunks go with it.
    if now_scope is null then return; end if;
    -- A job under way read the old audience: make it run again.
    update public.index_jobs
    set lease_token = null, lease_until = null
    where source_kind = 'status' and source_id = status
        or source_kind = 'comment'
            and source_id in (select id from public.status_comments where status_id = status)
        or source_kind = 'file' and source_id in (select id from public.files where status_id = status);
    update public.chunks
    set scope = now_scope
    where scope <> now_scope
        and (
            source_kind = 'status' and source_id = status
            or source_kind = 'comment'
                and source_id in (select id from public.status_comments where status_id = status)
            or source_kind = 'file' and source_id in (select id from public.files where status_id = status)
        );
end
$$;

create or replace function labsync.file_changed() returns trigger
    language plpgsql security definer set search_path = '' as $$
begin
    if new.state = 'queued' and (
        tg_op = 'INSERT' or old.state is distinct from 'queued' or new.sha256 is distinct from old.sha256
    ) then
        delete from public.file_texts where file_id = new.id;
        perform labsync.enqueue('file', array[new.id]);
    elsif tg_op = 'UPDATE' and new.name is distinct from old.name and new.state = 'indexed' then
        perform labsync.enqueue('file', array[new.id]);
    end if;
    if tg_op = 'UPDATE' and (
        new.conversation_id, new.status_id, new.schedule_id
    ) is distinct from (old.conversation_id, old.status_id, old.schedule_id) then
        update public.index_jobs
        set lease_token = null, lease_until = null
        where source_kind = 'file' and source_id = new.id;
        update public.chunks
        set scope = labsync.scope_of('file', new.id), conversation_id = new.conversation_id
        where source_kind = 'file' and source_id = new.id;
    end if;
    return null;
end
$$;

-- A generation goes with its jobs.
create function labsync.forget_generation() returns trigger
    language plpgsql security definer set search_path = '' as $$
begin
    delete from public.index_jobs where generation_id = old.id;
    return null;
end
$$;
create trigger forget_jobs after delete on index_generations
    for each row execute function labsync.forget_generation();
revoke execute on function labsync.forget_generation() from public;

-- How far the serving index has come; one that is being built keeps nobody waiting.
create or replace function labsync.index_freshness(
    out generation integer, out fresh_through timestamptz, out pending bigint
) language sql stable security definer set search_path = ''
begin atomic
    select
        serving.id,
        coalesce((select min(enqueued_at) from public.index_jobs where generation_id = serving.id and not dead), now()),
        (select count(*) from public.index_jobs where generation_id = serving.id and not dead)
    from (select (select id from public.index_generations where state = 'serving') as id) as serving;
end;

-- Whether a text says anything: by the same characters as Swift's White_Space, so that both count alike.
create function labsync.has_text(said text) returns boolean language sql immutable set search_path = ''
    return coalesce(
        said ~ '[^\u0009-\u000D\u0020\u0085\u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000]', false);

-- Everything that an index should hold, with the time that `--since` goes by.
create function labsync.indexable() returns table (kind text, id uuid, since timestamptz)
    language sql stable
begin atomic
    select 'message', id, created_at from public.messages
    where conversation_id is not null and sender_id is distinct from labsync.assistant_id()
        and labsync.has_text(content)
    union all
    select 'status', id, created_at from public.statuses where labsync.has_text(text)
    union all
    select 'comment', status_comments.id, status_comments.created_at
    from public.status_comments
    where status_id is not null and labsync.has_text(text)
    union all
    select 'schedule', id, start_time from public.lab_schedules where labsync.has_text(concat(title, description))
    union all
    select 'file', id, created_at from public.files where state in ('queued', 'indexed') and object_key is not null;
end;
revoke execute on function labsync.has_text(text), labsync.indexable() from public;
grant execute on function labsync.has_text(text), labsync.indexable() to labsync_ingest;

create table reindex_progress (
    generation_id integer primary key references index_generations (id) on delete cascade,
    total bigint not null,
    done bigint not null,
    -- Sources a second, lately.
    rate double precision not null,
    updated_at timestamptz not null default now()
);
comment on table reindex_progress is 'How far a re-index has come, for whoever watches.';
call labsync.secure('reindex_progress');
call labsync.open_to_ingest('reindex_progress');
