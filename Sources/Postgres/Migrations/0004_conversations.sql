create table conversations (
    id uuid primary key default gen_random_uuid(),
    name text,
    is_group boolean default false,
    created_at timestamptz default now()
);
comment on table conversations is 'Groups, topics and direct conversations of two.';
alter table conversations
    add column created_by uuid references users (id),
    add column updated_at timestamptz;
call labsync.secure('conversations');
call labsync.open_to_ingest('conversations');

create table conversation_members (
    conversation_id uuid not null references conversations (id),
    user_id uuid not null references users (id),
    joined_at timestamptz not null default now(),
    last_read_at timestamptz,
    primary key (conversation_id, user_id)
);
comment on table conversation_members is 'Who takes part in which conversation: they alone see it.';
create index conversation_members_user_id on conversation_members (user_id);
call labsync.secure('conversation_members');
call labsync.open_to_ingest('conversation_members');

create function labsync.my_conversation_ids() returns setof uuid
    language sql stable security definer set search_path = ''
begin atomic
    select conversation_id
    from public.conversation_members
    where user_id = labsync.current_user_id() and labsync.is_member();
end;

-- Two people or a group; makes the members with the conversation, since each needs the other to be allowed.
create function labsync.create_conversation(new_name text, new_is_group boolean, member_ids uuid[]) returns uuid
    language plpgsql security definer set search_path = '' as $$
declare
    me uuid := labsync.current_user_id();
    everyone uuid[] := array(select distinct unnest(array_append(member_ids, me)));
    new_id uuid;
begin
    if not labsync.is_member() then
        raise insufficient_privilege using message = 'only members of the lab start conversations';
    end if;
    if not new_is_group and cardinality(everyone) <> 2 then
        raise check_violation using message = 'a direct conversation has exactly two members';
    end if;
    if exists (
        select from unnest(everyone) as member (id)
        left join public.users on users.id = member.id
        where users.id is null or users.deactivated_at is not null
    ) then
        raise foreign_key_violation using message = 'no such member of the lab';
    end if;
    insert into public.conversations (name, is_group, created_by)
    values (new_name, new_is_group, me) returning id into new_id;
    insert into public.conversation_members (conversation_id, user_id, last_read_at)
    select new_id, member.id, case when member.id = me then now() end from unnest(everyone) as member (id);
    return new_id;
end
$$;

create policy members_read on conversations for select to labsync_app
    using (id = any (array(select labsync.my_conversation_ids())));
create policy members_rename on conversations for update to labsync_app
    using (is_group and id = any (array(select labsync.my_conversation_ids())))
    with check (is_group and id = any (array(select labsync.my_conversation_ids())));
create policy creator_deletes on conversations for delete to labsync_app
    using (created_by = (select labsync.current_user_id()) and id = any (array(select labsync.my_conversation_ids())));
grant select, delete on conversations to labsync_app;
grant update (name, updated_at) on conversations to labsync_app;

create policy members_read on conversation_members for select to labsync_app
    using (conversation_id = any (array(select labsync.my_conversation_ids())));
create policy members_add on conversation_members for insert to labsync_app
    with check (
        conversation_id = any (array(select labsync.my_conversation_ids()))
        and exists (select from conversations where id = conversation_id and is_group)
        and exists (select from users where id = user_id and deactivated_at is null)
    );
create policy self_marks_read on conversation_members for update to labsync_app
    using (user_id = (select labsync.current_user_id())
        and conversation_id = any (array(select labsync.my_conversation_ids())))
    with check (user_id = (select labsync.current_user_id()));
create policy self_leaves_creator_removes on conversation_members for delete to labsync_app
    using (
        conversation_id = any (array(select labsync.my_conversation_ids()))
        and exists (select from conversations where id = conversation_id and is_group)
        and (
            user_id = (select labsync.current_user_id())
            or exists (
                select from conversations
                where id = conversation_id and created_by = (select labsync.current_user_id())
            )
        )
    );
grant select, delete on conversation_members to labsync_app;
grant insert (conversation_id, user_id) on conversation_members to labsync_app;
grant update (last_read_at) on conversation_members to labsync_app;
