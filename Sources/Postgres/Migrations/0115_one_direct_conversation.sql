-- Two people have one direct conversation without a name: a second one is not made. Those that were there twice, or came by an
-- import, stay.
create or replace function labsync.create_conversation(
    new_id uuid, new_name text, new_is_group boolean, member_ids uuid[]
) returns uuid language plpgsql security definer set search_path = '' as $$
declare
    me uuid := labsync.current_user_id();
    everyone uuid[] := array(select distinct member from unnest(array_append(member_ids, me)) as member order by member);
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
    if not new_is_group and new_name is null then
        -- Who asks at the same time waits, and finds it.
        perform pg_advisory_xact_lock(hashtextextended('labsync direct conversation ' || everyone::text, 0));
        if exists (
            select from public.conversation_members
            join public.conversations on conversations.id = conversation_members.conversation_id
            where conversation_members.user_id = any (everyone) and conversations.is_group is not true
                and conversations.name is null
            group by conversations.id
            having count(*) = 2
        ) then
            raise unique_violation using
                message = 'the two have a direct conversation', constraint = 'one_direct_conversation';
        end if;
    end if;
    insert into public.conversations (id, name, is_group, created_by)
    values (new_id, new_name, new_is_group, me);
    insert into public.conversation_members (conversation_id, user_id, last_read_at)
    select new_id, member.id, case when member.id = me then now() end from unnest(everyone) as member (id);
    return new_id;
end
$$;
