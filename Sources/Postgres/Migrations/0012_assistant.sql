create table assistant_threads (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references users (id) on delete cascade,
    title text,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);
comment on table assistant_threads is 'A person''s conversations with the assistant: theirs alone.';
create index assistant_threads_user_id on assistant_threads (user_id, updated_at desc);
call labsync.secure('assistant_threads');

create table assistant_turns (
    id uuid primary key default gen_random_uuid(),
    thread_id uuid not null references assistant_threads (id) on delete cascade,
    question text not null,
    answer text not null,
    citations jsonb not null default '[]',
    trace jsonb not null default '{}',
    mode text not null,
    prompt_version text,
    generation_id integer,
    usage jsonb not null default '{}',
    helpful boolean,
    helpful_reason text,
    created_at timestamptz not null default now()
);
comment on table assistant_turns is 'Questions with their answers and how these came about.';
create index assistant_turns_thread_id on assistant_turns (thread_id, created_at);
call labsync.secure('assistant_turns');

create policy own on assistant_threads to labsync_app
    using (user_id = (select labsync.current_user_id()) and (select labsync.is_member()))
    with check (user_id = (select labsync.current_user_id()) and (select labsync.is_member()));
grant select, insert, update, delete on assistant_threads to labsync_app;
create policy own on assistant_turns to labsync_app
    using (exists (select from assistant_threads where id = thread_id))
    with check (exists (select from assistant_threads where id = thread_id));
grant select, insert, update, delete on assistant_turns to labsync_app;
