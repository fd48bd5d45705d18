create table files (
    id uuid primary key default gen_random_uuid(),
    name text not null,
    content_type text not null,
    size_bytes bigint,
    sha256 text,
    owner_id uuid not null references users (id),
    conversation_id uuid references conversations (id),
    message_id uuid references messages (id) on delete cascade,
    status_id uuid references statuses (id) on delete cascade,
    schedule_id uuid references lab_schedules (id) on delete cascade,
    object_key text,
    state text not null default 'pending' check (state in ('pending', 'queued', 'indexed', 'unindexable')),
    state_reason text,
    created_at timestamptz not null default now(),
    constraint files_one_attachment check (num_nonnulls(conversation_id, status_id, schedule_id) <= 1),
    constraint files_message_in_conversation check (message_id is null or conversation_id is not null)
);
comment on table files is 'Files follow what they are attached to; unattached they are their owner''s alone.';
create index files_conversation_id on files (conversation_id) where conversation_id is not null;
create index files_message_id on files (message_id) where message_id is not null;
create index files_status_id on files (status_id) where status_id is not null;
create index files_schedule_id on files (schedule_id) where schedule_id is not null;
create index files_owner_id on files (owner_id);
call labsync.secure('files');
call labsync.open_to_ingest('files');

create policy follows_attachment on files for select to labsync_app
    using (
        (select labsync.is_member())
        and case
            when conversation_id is not null then conversation_id = any (array(select labsync.my_conversation_ids()))
            when status_id is not null then exists (select from statuses where statuses.id = status_id)
            when schedule_id is not null then true
            else owner_id = (select labsync.current_user_id())
        end
    );
-- A parent that is hidden and one that is absent fail alike, before a foreign key could tell them apart.
create policy owner_uploads on files for insert to labsync_app
    with check (
        owner_id = (select labsync.current_user_id())
        and (select labsync.is_member())
        and (conversation_id is null or conversation_id = any (array(select labsync.my_conversation_ids())))
        and (message_id is null or labsync.message_is_in(message_id, conversation_id))
        and (status_id is null or exists (select from statuses where statuses.id = status_id))
        and (schedule_id is null or exists (select from lab_schedules where lab_schedules.id = schedule_id))
    );
create policy owner_changes on files for update to labsync_app
    using (owner_id = (select labsync.current_user_id()) and (select labsync.is_member()))
    with check (
        owner_id = (select labsync.current_user_id())
        and (conversation_id is null or conversation_id = any (array(select labsync.my_conversation_ids())))
        and (message_id is null or labsync.message_is_in(message_id, conversation_id))
        and (status_id is null or exists (select from statuses where statuses.id = status_id))
        and (schedule_id is null or exists (select from lab_schedules where lab_schedules.id = schedule_id))
    );
create policy owner_or_manager_deletes on files for delete to labsync_app
    using (
        (select labsync.is_member())
        and (
            owner_id = (select labsync.current_user_id())
            or conversation_id is null and (select labsync.is_manager())
        )
    );
grant select, insert, delete on files to labsync_app;
grant update (
    name, content_type, size_bytes, sha256, conversation_id, message_id, status_id, schedule_id,
    object_key, state, state_reason
) on files to labsync_app;

create table file_texts (
    file_id uuid primary key references files (id) on delete cascade,
    text text not null,
    extracted_at timestamptz not null default now()
);
comment on table file_texts is 'What was read out of a file, kept so that it need not be extracted again.';
call labsync.secure('file_texts');
call labsync.open_to_ingest('file_texts');
create policy follows_file on file_texts for select to labsync_app using (exists (select from files where id = file_id));
grant select on file_texts to labsync_app;
