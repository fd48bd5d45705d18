-- What every table is given: RLS that binds even the owner, and the two roles that policies do not name again.
create procedure labsync.secure(target regclass) language plpgsql as $$
begin
    execute format('alter table %s enable row level security', target);
    execute format('alter table %s force row level security', target);
    execute format('create policy owner_all on %s to labsync_owner using (true) with check (true)', target);
end
$$;

-- Content that is indexed, and the index itself.
create procedure labsync.open_to_ingest(target regclass) language plpgsql as $$
begin
    execute format('create policy ingest_all on %s to labsync_ingest using (true) with check (true)', target);
    execute format('grant select, insert, update, delete on %s to labsync_ingest', target);
end
$$;

create procedure labsync.open_to_identity(target regclass) language plpgsql as $$
begin
    execute format('create policy identity_all on %s to labsync_identity using (true) with check (true)', target);
    execute format('grant select, insert, update, delete on %s to labsync_identity', target);
end
$$;

-- The user the current transaction acts for; null (so: nothing visible) when nobody said.
-- nullif: once a setting was local to a transaction, PostgreSQL leaves '' behind, not null.
create function labsync.current_user_id() returns uuid language sql stable set search_path = ''
    return nullif(pg_catalog.current_setting('labsync.user_id', true), '')::uuid;
