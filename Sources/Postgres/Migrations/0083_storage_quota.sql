-- Bytes that somebody takes, and the lab: contents, kept versions, and the whole of what is coming in.
create function labsync.storage_used(person uuid, out own bigint, out lab bigint)
    language sql stable security definer set search_path = ''
begin atomic
    with taken as (
        select owner_id, size_bytes from public.files where size_bytes is not null
        union all
        select files.owner_id, file_versions.size_bytes
        from public.file_versions join public.files on files.id = file_versions.file_id
        union all
        select owner_id, length_bytes from public.uploads where finished_at is null
    )
    select coalesce(sum(size_bytes) filter (where owner_id = person), 0)::bigint, coalesce(sum(size_bytes), 0)::bigint
    from taken;
end;

-- Zero is without limit. Whoever stores waits for whoever stores: neither sees what the other has not committed.
create function labsync.require_room(person_limit bigint, lab_limit bigint, wanted bigint) returns void
    language plpgsql security definer set search_path = '' as $$
declare
    used record;
begin
    if person_limit = 0 and lab_limit = 0 then
        return;
    end if;
    perform pg_catalog.pg_advisory_xact_lock(
        1279347027,
        case when lab_limit > 0 then 0 else pg_catalog.hashtext(labsync.current_user_id()::text) end
    );
    select * into used from labsync.storage_used(labsync.current_user_id());
    if person_limit > 0 and used.own + wanted > person_limit then
        raise exception using errcode = 'LS002', message = 'the member''s files are full';
    end if;
    if lab_limit > 0 and used.lab + wanted > lab_limit then
        raise exception using errcode = 'LS003', message = 'the lab''s files are full';
    end if;
end
$$;
revoke execute on function labsync.storage_used(uuid), labsync.require_room(bigint, bigint, bigint) from public;
grant execute on function labsync.require_room(bigint, bigint, bigint) to labsync_app;
