-- What one user holds, in one round trip; no row for whoever is not a member.
create function labsync.my_grants(
    out user_id uuid, out role_ids integer[], out conversation_ids uuid[]
) returns setof record language sql stable security definer set search_path = ''
begin atomic
    select
        labsync.current_user_id(),
        array(select labsync.my_role_ids()),
        array(select labsync.my_conversation_ids())
    where labsync.is_member();
end;

-- What each member of a conversation holds, told to its members only: an answer given in a room may draw on nothing
-- that somebody in it could not read.
create function labsync.grants_of_members(conversation uuid) returns table (
    user_id uuid, role_ids integer[], conversation_ids uuid[]
) language sql stable security definer set search_path = ''
begin atomic
    select
        member.user_id,
        array(select user_roles.role_id from public.user_roles where user_roles.user_id = member.user_id),
        array(
            select shared.conversation_id from public.conversation_members as shared
            where shared.user_id = member.user_id
        )
    from public.conversation_members as member
    join public.users on users.id = member.user_id and users.deactivated_at is null
    where member.conversation_id = conversation
        and conversation in (select labsync.my_conversation_ids());
end;

-- Functions are for those who need them, not for everyone who logs in.
revoke execute on all functions in schema labsync from public;
revoke execute on all procedures in schema labsync from public;
grant execute on function
    labsync.current_user_id(), labsync.is_member(), labsync.my_role_ids(), labsync.has_role(text),
    labsync.is_owner(), labsync.is_manager(), labsync.my_conversation_ids(),
    labsync.create_conversation(text, boolean, uuid[]), labsync.message_is_in(uuid, uuid),
    labsync.my_role_status_ids(), labsync.index_freshness(), labsync.my_grants(),
    labsync.grants_of_members(uuid)
    to labsync_app;
grant execute on function
    labsync.scope_of(text, uuid), labsync.status_scope(uuid), labsync.index_freshness()
    to labsync_ingest;
grant execute on function labsync.enqueue(text, uuid[]) to labsync_ingest;

-- The change feed. Deletes carry the whole old row where the audience must be known from it.
alter table messages replica identity full;
alter table statuses replica identity full;
alter table status_comments replica identity full;
alter table status_roles replica identity full;
alter table conversation_members replica identity full;
alter table user_roles replica identity full;
alter table lab_schedules replica identity full;
alter table schedule_participants replica identity full;
alter table files replica identity full;
alter table chunks replica identity full;
create publication labsync_changes for table
    users, user_roles, roles, conversations, conversation_members, messages, statuses, status_roles, status_comments,
    lab_schedules, schedule_participants, files, chunks, index_generations, index_jobs;
