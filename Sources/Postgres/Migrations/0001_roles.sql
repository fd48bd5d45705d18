-- Database roles. Run as whoever migrates; everything after it runs as labsync_owner.
--   labsync_owner     owns everything, serves nobody
--   labsync_app       requests: owns nothing, bypasses nothing, sees what the policies show labsync.user_id
--   labsync_ingest    workers, imports and the index loader: sees all content, no credentials
--   labsync_identity  sign-in: credentials, sessions and users, no content
do $$
declare
    name text;
begin
    foreach name in array array['labsync_owner', 'labsync_app', 'labsync_ingest', 'labsync_identity'] loop
        if not exists (select from pg_roles where rolname = name) then
            execute format('create role %I nologin noinherit nosuperuser nobypassrls', name);
        end if;
        if not pg_has_role(current_user, name, 'member') then
            execute format('grant %I to current_user', name);
        end if;
    end loop;
    execute format('grant create, connect on database %I to labsync_owner', current_database());
end
$$;

grant usage, create on schema public to labsync_owner;
grant usage on schema public to labsync_app, labsync_ingest, labsync_identity;
revoke create on schema public from public;
create schema if not exists labsync authorization labsync_owner;
grant usage on schema labsync to labsync_app, labsync_ingest, labsync_identity;

create table labsync.migrations (
    name text primary key,
    checksum text not null,
    applied_at timestamptz not null default now()
);
comment on table labsync.migrations is 'Which migrations this database has had.';
alter table labsync.migrations owner to labsync_owner;
alter table labsync.migrations enable row level security;
alter table labsync.migrations force row level security;
create policy owner_all on labsync.migrations to labsync_owner using (true) with check (true);
-- Whoever serves must be able to tell whether the schema is there.
create policy all_read on labsync.migrations for select using (true);
grant select on labsync.migrations to public;
