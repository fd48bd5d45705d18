-- Triggers that keep index_jobs and chunks in step with the content, in the content's own transaction.

-- The audience of a source in the text form of the scope model; null when there is no such source.
create function labsync.status_scope(status uuid) returns text
    language sql stable security definer set search_path = ''
begin atomic
    select case visibility
        when 'public' then 'everyone'
        when 'role-based' then 'roles:' || coalesce(
            (select string_agg(role_id::text, ',' order by role_id) from public.status_roles where status_id = statuses.id),
            ''
        ) || ':' || author_id
        else 'author:' || author_id
    end
    from public.statuses where id = status;
end;

create function labsync.scope_of(kind text, source uuid) returns text
    language sql stable security definer set search_path = ''
begin atomic
    select case kind
        when 'message' then (select 'conversation:' || conversation_id from public.messages where id = source)
        when 'status' then labsync.status_scope(source)
        when 'comment' then (
            select labsync.status_scope(status_id) from public.status_comments where id = source
        )
        when 'schedule' then (select 'everyone' from public.lab_schedules where id = source)
        when 'file' then (
            select case
                when conversation_id is not null then 'conversation:' || conversation_id
                when status_id is not null then labsync.status_scope(status_id)
                when schedule_id is not null then 'everyone'
                else 'author:' || owner_id
            end
            from public.files where id = source
        )
    end;
end;

create function labsync.enqueue(kind text, sources uuid[]) returns void language sql security definer set search_path = ''
begin atomic
    insert into public.index_jobs (source_kind, source_id)
    select distinct kind, unnest(sources)
    on conflict (source_kind, source_id) do update
    set revision = index_jobs.revision + 1,
        enqueued_at = case when index_jobs.dead then now() else index_jobs.enqueued_at end,
        run_after = now(),
        attempts = 0,
        dead = false;
end;

create function labsync.enqueue_inserted() returns trigger language plpgsql security definer set search_path = '' as $$
begin
    perform labsync.enqueue(tg_argv[0], array(select id from inserted));
    return null;
end
$$;

create function labsync.enqueue_row() returns trigger language plpgsql security definer set search_path = '' as $$
begin
    perform labsync.enqueue(tg_argv[0], array[new.id]);
    return null;
end
$$;

create function labsync.forget_row() returns trigger language plpgsql security definer set search_path = '' as $$
begin
    delete from public.index_jobs where source_kind = tg_argv[0] and source_id = old.id;
    delete from public.chunks where source_kind = tg_argv[0] and source_id = old.id;
    return null;
end
$$;

-- Messages. An edit or deletion also changes the context of the two turns after it.
create function labsync.enqueue_following_messages() returns trigger
    language plpgsql security definer set search_path = '' as $$
begin
    perform labsync.enqueue('message', array(
        select id from public.messages
        where conversation_id = old.conversation_id and (created_at, id) > (old.created_at, old.id)
        order by created_at, id
        limit 2
    ));
    return null;
end
$$;
create trigger index_inserted after insert on messages referencing new table as inserted
    for each statement execute function labsync.enqueue_inserted('message');
create trigger index_updated after update of content on messages
    for each row when (new.content is distinct from old.content) execute function labsync.enqueue_row('message');
create trigger index_neighbours after update of content or delete on messages
    for each row execute function labsync.enqueue_following_messages();
create trigger index_deleted after delete on messages
    for each row execute function labsync.forget_row('message');

-- Statuses and comments. A change of audience moves what is indexed at once.
create trigger index_inserted after insert on statuses referencing new table as inserted
    for each statement execute function labsync.enqueue_inserted('status');
create trigger index_updated after update of text on statuses
    for each row when (new.text is distinct from old.text) execute function labsync.enqueue_row('status');
create trigger index_deleted after delete on statuses
    for each row execute function labsync.forget_row('status');
create trigger index_inserted after insert on status_comments referencing new table as inserted
    for each statement execute function labsync.enqueue_inserted('comment');
create trigger index_updated after update of text on status_comments
    for each row when (new.text is distinct from old.text) execute function labsync.enqueue_row('comment');
create trigger index_deleted after delete on status_comments
    for each row execute function labsync.forget_row('comment');

create procedure labsync.move_status_chunks(status uuid) language plpgsql security definer set search_path = '' as $$
declare
    now_scope text := labsync.status_scope(status);
begin
    -- Nothing to move when the status itself goes: its chunks go with it.
    if now_scope is null then return; end if;
    update public.chunks
    set scope = now_scope
    where scope <> now_scope
        and (
            source_kind = 'status' and source_id = status
            or source_kind = 'comment'
                and source_id in (select id from public.status_comments where status_id = status)
            or source_kind = 'file' and source_id in (select id from public.files where status_id = status)
        );
    -- A job under way read the old audience: make it run again.
    update public.index_jobs
    set revision = revision + 1
    where source_kind = 'status' and source_id = status
        or source_kind = 'comment'
            and source_id in (select id from public.status_comments where status_id = status)
        or source_kind = 'file' and source_id in (select id from public.files where status_id = status);
end
$$;
create function labsync.status_audience_changed() returns trigger
    language plpgsql security definer set search_path = '' as $$
begin
    call labsync.move_status_chunks(new.id);
    return null;
end
$$;
create trigger move_chunks after update of visibility on statuses
    for each row when (new.visibility is distinct from old.visibility)
    execute function labsync.status_audience_changed();
create function labsync.status_roles_changed() returns trigger
    language plpgsql security definer set search_path = '' as $$
begin
    call labsync.move_status_chunks(case tg_op when 'DELETE' then old.status_id else new.status_id end);
    return null;
end
$$;
create trigger move_chunks after insert or delete on status_roles
    for each row execute function labsync.status_roles_changed();

-- An edited status is the context of its comments.
create function labsync.enqueue_comments() returns trigger language plpgsql security definer set search_path = '' as $$
begin
    perform labsync.enqueue('comment', array(select id from public.status_comments where status_id = new.id));
    return null;
end
$$;
create trigger index_comments after update of text on statuses
    for each row when (new.text is distinct from old.text) execute function labsync.enqueue_comments();

-- Schedules.
create trigger index_inserted after insert on lab_schedules referencing new table as inserted
    for each statement execute function labsync.enqueue_inserted('schedule');
create trigger index_updated after update on lab_schedules
    for each row execute function labsync.enqueue_row('schedule');
create trigger index_deleted after delete on lab_schedules
    for each row execute function labsync.forget_row('schedule');
create function labsync.enqueue_schedule_of_participant() returns trigger
    language plpgsql security definer set search_path = '' as $$
declare
    schedule uuid := case tg_op when 'DELETE' then old.schedule_id else new.schedule_id end;
begin
    if exists (select from public.lab_schedules where id = schedule) then
        perform labsync.enqueue('schedule', array[schedule]);
    end if;
    return null;
end
$$;
create trigger index_schedule after insert or delete on schedule_participants
    for each row execute function labsync.enqueue_schedule_of_participant();

-- Files are indexed once their bytes are there.
create function labsync.file_changed() returns trigger language plpgsql security definer set search_path = '' as $$
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
        update public.chunks
        set scope = labsync.scope_of('file', new.id), conversation_id = new.conversation_id
        where source_kind = 'file' and source_id = new.id;
        update public.index_jobs set revision = revision + 1 where source_kind = 'file' and source_id = new.id;
    end if;
    return null;
end
$$;
create trigger index_changed after insert or update on files
    for each row execute function labsync.file_changed();
create trigger index_deleted after delete on files
    for each row execute function labsync.forget_row('file');

-- The customer's foreign keys do not cascade: what hangs on a row goes first.
create function labsync.empty_conversation() returns trigger
    language plpgsql security definer set search_path = '' as $$
begin
    delete from public.files where conversation_id = old.id;
    delete from public.messages where conversation_id = old.id;
    delete from public.conversation_members where conversation_id = old.id;
    return old;
end
$$;
create trigger empty_conversation before delete on conversations
    for each row execute function labsync.empty_conversation();
create function labsync.empty_status() returns trigger language plpgsql security definer set search_path = '' as $$
begin
    delete from public.status_comments where status_id = old.id;
    return old;
end
$$;
create trigger empty_status before delete on statuses for each row execute function labsync.empty_status();
