-- What the everyday endpoints need beside the tables: written times, creation that can be repeated, mentions.

-- RFC 3339 in UTC with microseconds: as every answer writes a time.
create function labsync.rfc3339(moment timestamptz) returns text language sql immutable
    return to_char(moment at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');

-- The id is the server's choice, made before the statement, so that a repeated POST finds what it made.
grant insert (id) on messages to labsync_app;
grant insert (id) on statuses to labsync_app;
grant insert (id) on status_comments to labsync_app;
grant insert (id) on lab_schedules to labsync_app;

alter table idempotency_keys
    drop column status,
    drop column response,
    add column created_id uuid not null;
comment on column idempotency_keys.created_id is 'The row that the first request with this key made.';

drop function labsync.create_conversation(text, boolean, uuid[]);
-- Two people or a group; makes the members with the conversation, since each needs the other to be allowed.
create function labsync.create_conversation(
    new_id uuid, new_name text, new_is_group boolean, member_ids uuid[]
) returns uuid language plpgsql security definer set search_path = '' as $$
declare
    me uuid := labsync.current_user_id();
    everyone uuid[] := array(select distinct unnest(array_append(member_ids, me)));
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
    insert into public.conversations (id, name, is_group, created_by)
    values (new_id, new_name, new_is_group, me);
    insert into public.conversation_members (conversation_id, user_id, last_read_at)
    select new_id, member.id, case when member.id = me then now() end from unnest(everyone) as member (id);
    return new_id;
end
$$;

-- Who is named with an @ in a text: by the part of the e-mail address before the @, or by the full name.
create function labsync.mentions(content text, conversation uuid) returns uuid[]
    language sql stable set search_path = ''
begin atomic
    select case when content like '%@%' then array(
        select users.id
        from public.conversation_members
        join public.users on users.id = conversation_members.user_id
        where conversation_members.conversation_id = conversation
            and (
                strpos(lower(content), '@' || lower(split_part(users.email, '@', 1))) > 0
                or users.full_name <> '' and strpos(lower(content), '@' || lower(users.full_name)) > 0
            )
        order by users.id
    ) else '{}' end;
end;

revoke execute on function
    labsync.rfc3339(timestamptz), labsync.create_conversation(uuid, text, boolean, uuid[]), labsync.mentions(text, uuid)
    from public;
grant execute on function
    labsync.rfc3339(timestamptz), labsync.create_conversation(uuid, text, boolean, uuid[]), labsync.mentions(text, uuid)
    to labsync_app;
grant execute on function labsync.rfc3339(timestamptz) to labsync_identity;
