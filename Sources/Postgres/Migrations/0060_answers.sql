-- What the assistant needs beside threads: tokens counted, answers withheld once their sources are, a voice in chat.

create table assistant_usage (
    user_id uuid not null references users (id),
    day date not null,
    model text not null,
    replies integer not null default 0,
    prompt_tokens bigint not null default 0,
    completion_tokens bigint not null default 0,
    primary key (user_id, day, model)
);
comment on table assistant_usage is 'Tokens that members spent on language models, by day (UTC).';
create index assistant_usage_day on assistant_usage (day);
call labsync.secure('assistant_usage');
call labsync.open_to_ingest('assistant_usage');
create policy own_or_owner_reads on assistant_usage for select to labsync_app
    using (user_id = (select labsync.current_user_id()) or (select labsync.is_owner()));
create policy own_counts on assistant_usage for insert to labsync_app
    with check (user_id = (select labsync.current_user_id()) and (select labsync.is_member()));
create policy own_counts_on on assistant_usage for update to labsync_app
    using (user_id = (select labsync.current_user_id()))
    with check (user_id = (select labsync.current_user_id()));
grant select, insert, update on assistant_usage to labsync_app;

-- Today's tokens of the asker and of the whole lab: two sums, nothing about anybody.
create function labsync.tokens_spent(out own bigint, out lab bigint, out seconds_left integer)
    language sql stable security definer set search_path = ''
begin atomic
    select
        coalesce(sum(prompt_tokens + completion_tokens) filter (where user_id = labsync.current_user_id()), 0)::bigint,
        coalesce(sum(prompt_tokens + completion_tokens), 0)::bigint,
        ceil(extract(epoch from date_trunc('day', now() at time zone 'UTC') + interval '1 day'
            - (now() at time zone 'UTC')))::integer
    from public.assistant_usage
    where day = (now() at time zone 'UTC')::date and labsync.is_member();
end;

-- Whether the caller may see every row that citations point to. Runs as the caller: the policies decide.
create function labsync.sources_visible(citations jsonb) returns boolean language sql stable set search_path = ''
begin atomic
    select not exists (
        select from jsonb_array_elements(citations) as cited (citation)
        where not case cited.citation -> 'source' ->> 'kind'
            when 'message' then exists (
                select from public.messages where id = (cited.citation -> 'source' ->> 'id')::uuid)
            when 'status' then exists (
                select from public.statuses where id = (cited.citation -> 'source' ->> 'id')::uuid)
            when 'comment' then exists (
                select from public.status_comments where id = (cited.citation -> 'source' ->> 'id')::uuid)
            when 'schedule' then exists (
                select from public.lab_schedules where id = (cited.citation -> 'source' ->> 'id')::uuid)
            when 'file' then exists (
                select from public.files where id = (cited.citation -> 'source' ->> 'id')::uuid)
            else false
        end
    );
end;

-- The sender of what the assistant says in conversations: a user that nobody can sign in as.
create function labsync.assistant_id() returns uuid language sql immutable set search_path = ''
    return '00000000-0000-4000-a000-000000000a55'::uuid;

-- Says something in a conversation that the caller is in.
create function labsync.post_as_assistant(new_id uuid, conversation uuid, answered uuid, said text) returns boolean
    language plpgsql security definer set search_path = '' as $$
begin
    if not exists (select from labsync.my_conversation_ids() as mine (id) where mine.id = conversation)
        or answered is not null and not labsync.message_is_in(answered, conversation) then
        return false;
    end if;
    insert into public.users (id, email, full_name, deactivated_at)
    values (labsync.assistant_id(), 'assistant@labsync.invalid', 'Assistant', now())
    on conflict do nothing;
    insert into public.messages (id, conversation_id, sender_id, content, reply_to)
    values (new_id, conversation, labsync.assistant_id(), said, answered);
    return true;
end
$$;

revoke execute on function
    labsync.tokens_spent(), labsync.sources_visible(jsonb), labsync.assistant_id(),
    labsync.post_as_assistant(uuid, uuid, uuid, text)
    from public;
grant execute on function
    labsync.tokens_spent(), labsync.sources_visible(jsonb), labsync.assistant_id(),
    labsync.post_as_assistant(uuid, uuid, uuid, text)
    to labsync_app;
grant execute on function labsync.assistant_id() to labsync_ingest;
