create table messages (
    id uuid primary key default gen_random_uuid(),
    conversation_id uuid references conversations (id),
    sender_id uuid references users (id),
    content text,
    media_url text,
    created_at timestamptz default now()
);
comment on table messages is 'What is said in conversations.';
alter table messages
    add column edited_at timestamptz,
    add column reply_to uuid references messages (id) on delete set null;
create index messages_conversation_id_created_at on messages (conversation_id, created_at desc, id desc);
create index messages_reply_to on messages (reply_to) where reply_to is not null;
call labsync.secure('messages');
call labsync.open_to_ingest('messages');

-- Asked by the policy below, which may not query its own table.
create function labsync.message_is_in(message uuid, conversation uuid) returns boolean
    language sql stable security definer set search_path = ''
    return exists (select from public.messages where id = message and conversation_id = conversation);

create policy members_read on messages for select to labsync_app
    using (conversation_id = any (array(select labsync.my_conversation_ids())));
create policy members_write on messages for insert to labsync_app
    with check (
        sender_id = (select labsync.current_user_id())
        and conversation_id = any (array(select labsync.my_conversation_ids()))
        and (reply_to is null or labsync.message_is_in(reply_to, conversation_id))
    );
create policy sender_edits on messages for update to labsync_app
    using (sender_id = (select labsync.current_user_id())
        and conversation_id = any (array(select labsync.my_conversation_ids())))
    with check (sender_id = (select labsync.current_user_id()));
create policy sender_deletes on messages for delete to labsync_app
    using (sender_id = (select labsync.current_user_id())
        and conversation_id = any (array(select labsync.my_conversation_ids())));
grant select, delete on messages to labsync_app;
grant insert (conversation_id, sender_id, content, media_url, reply_to) on messages to labsync_app;
grant update (content, media_url, edited_at) on messages to labsync_app;
