-- The helpers that policies ask on every read, the same answers for less work: PostgreSQL plans the body of an SQL
-- function anew in every statement unless it can put it in place of the call; it keeps the plans of PL/pgSQL.

-- Put in place of its calls, since nothing is set for it: its body was read once, so no search_path can change it.
create or replace function labsync.current_user_id() returns uuid language sql stable parallel safe
    return nullif(pg_catalog.current_setting('labsync.user_id', true), '')::uuid;

create or replace function labsync.is_member() returns boolean
    language plpgsql stable security definer parallel safe set search_path = '' as $$
declare
    me constant uuid := labsync.current_user_id();
begin
    return exists (select from public.users where id = me and deactivated_at is null);
end
$$;

create or replace function labsync.my_role_ids() returns setof integer
    language plpgsql stable security definer parallel safe set search_path = '' as $$
declare
    me constant uuid := labsync.current_user_id();
begin
    if exists (select from public.users where id = me and deactivated_at is null) then
        return query select role_id from public.user_roles where user_id = me;
    end if;
end
$$;

create or replace function labsync.has_role(role_name text) returns boolean
    language plpgsql stable security definer parallel safe set search_path = '' as $$
begin
    return exists (
        select from public.roles
        where name = role_name and id in (select labsync.my_role_ids())
    );
end
$$;

create or replace function labsync.is_owner() returns boolean
    language plpgsql stable security definer parallel safe set search_path = '' as $$
begin
    return labsync.has_role('owner');
end
$$;

create or replace function labsync.is_manager() returns boolean
    language plpgsql stable security definer parallel safe set search_path = '' as $$
begin
    return labsync.has_role('owner') or labsync.has_role('manager');
end
$$;

create or replace function labsync.my_conversation_ids() returns setof uuid
    language plpgsql stable security definer parallel safe set search_path = '' as $$
declare
    me constant uuid := labsync.current_user_id();
begin
    if exists (select from public.users where id = me and deactivated_at is null) then
        return query select conversation_id from public.conversation_members where user_id = me;
    end if;
end
$$;

create or replace function labsync.my_role_status_ids() returns setof uuid
    language plpgsql stable security definer parallel safe set search_path = '' as $$
begin
    return query select status_id from public.status_roles where role_id in (select labsync.my_role_ids());
end
$$;

-- Stable, as what it calls: declared immutable it could not be put in place of its calls.
create or replace function labsync.rfc3339(moment timestamptz) returns text language sql stable parallel safe
    return to_char(moment at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');
