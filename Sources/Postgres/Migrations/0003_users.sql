create table users (
    id uuid primary key,
    email text unique not null,
    full_name text,
    avatar_url text,
    created_at timestamptz default now()
);
comment on table users is 'The members of the lab.';
alter table users
    add column updated_at timestamptz,
    add column deactivated_at timestamptz;
call labsync.secure('users');
call labsync.open_to_ingest('users');
call labsync.open_to_identity('users');

create table roles (
    id serial primary key,
    name text unique not null
);
comment on table roles is 'owner, manager and staff, and whatever groups the lab shows things to.';
call labsync.secure('roles');
call labsync.open_to_ingest('roles');
call labsync.open_to_identity('roles');
grant usage on sequence roles_id_seq to labsync_app, labsync_ingest, labsync_identity;
insert into roles (name) values ('owner'), ('manager'), ('staff');

create table user_roles (
    user_id uuid references users (id),
    role_id integer references roles (id),
    primary key (user_id, role_id)
);
comment on table user_roles is 'Who holds which role.';
create index user_roles_role_id on user_roles (role_id);
call labsync.secure('user_roles');
call labsync.open_to_ingest('user_roles');
call labsync.open_to_identity('user_roles');

-- Definer functions read as labsync_owner, whom policies let through: policies may use them without recursion.
create function labsync.is_member() returns boolean language sql stable security definer set search_path = ''
    return exists (
        select from public.users
        where id = labsync.current_user_id() and deactivated_at is null
    );

create function labsync.my_role_ids() returns setof integer language sql stable security definer set search_path = ''
begin atomic
    select user_roles.role_id
    from public.user_roles
    join public.users on users.id = user_roles.user_id
    where user_roles.user_id = labsync.current_user_id() and users.deactivated_at is null;
end;

create function labsync.has_role(role_name text) returns boolean
    language sql stable security definer set search_path = ''
    return exists (
        select from public.roles
        where name = role_name and id in (select labsync.my_role_ids())
    );

create function labsync.is_owner() returns boolean language sql stable security definer set search_path = ''
    return labsync.has_role('owner');

create function labsync.is_manager() returns boolean language sql stable security definer set search_path = ''
    return labsync.has_role('owner') or labsync.has_role('manager');

create policy members_read on users for select to labsync_app using ((select labsync.is_member()));
create policy self_or_owner_change on users for update to labsync_app
    using (id = (select labsync.current_user_id()) and (select labsync.is_member()) or (select labsync.is_owner()))
    with check (id = (select labsync.current_user_id()) or (select labsync.is_owner()));
create policy owner_adds on users for insert to labsync_app with check ((select labsync.is_owner()));
grant select, insert on users to labsync_app;
grant update (full_name, avatar_url, updated_at, deactivated_at) on users to labsync_app;

-- Nobody deactivates themselves or is reactivated by themselves: that is the owners' business.
create function labsync.guard_deactivation() returns trigger language plpgsql set search_path = '' as $$
begin
    if new.deactivated_at is distinct from old.deactivated_at
        and current_user = 'labsync_app' and not labsync.is_owner() then
        raise insufficient_privilege using message = 'only owners deactivate members';
    end if;
    return new;
end
$$;
create trigger guard_deactivation before update of deactivated_at on users
    for each row execute function labsync.guard_deactivation();

create policy members_read on roles for select to labsync_app using ((select labsync.is_member()));
create policy owner_adds on roles for insert to labsync_app with check ((select labsync.is_owner()));
create policy owner_changes on roles for update to labsync_app
    using ((select labsync.is_owner()) and name not in ('owner', 'manager', 'staff'))
    with check ((select labsync.is_owner()) and name not in ('owner', 'manager', 'staff'));
create policy owner_deletes on roles for delete to labsync_app
    using ((select labsync.is_owner()) and name not in ('owner', 'manager', 'staff'));
grant select, insert (name), update (name), delete on roles to labsync_app;

create policy members_read on user_roles for select to labsync_app using ((select labsync.is_member()));
create policy owner_grants on user_roles for insert to labsync_app with check ((select labsync.is_owner()));
create policy owner_revokes on user_roles for delete to labsync_app using ((select labsync.is_owner()));
grant select, insert, delete on user_roles to labsync_app;

-- A lab without an owner could never be managed again.
create function labsync.keep_an_owner() returns trigger language plpgsql security definer set search_path = '' as $$
begin
    if old.role_id = (select id from public.roles where name = 'owner')
        and not exists (select from public.user_roles where role_id = old.role_id and user_id <> old.user_id) then
        raise check_violation using message = 'the lab must keep an owner';
    end if;
    return old;
end
$$;
create trigger keep_an_owner before delete on user_roles for each row execute function labsync.keep_an_owner();
