-- The same decision in one query, where three were run: each costs about as much as the short read that it goes with.
create or replace function labsync.act_for(who uuid, kind text, credential uuid) returns void
    language plpgsql security definer set search_path = '' as $$
declare
    is_good boolean;
    acting text;
begin
    acting := pg_catalog.set_config('labsync.user_id', who::text, true);
    is_good := exists (select from public.users where id = who and deactivated_at is null)
        and case kind
            when 'session' then not exists (
                select from public.sessions where family = credential and user_id = who and revoked_at is not null
            )
            when 'personal_token' then exists (
                select from public.personal_tokens where id = credential and user_id = who and revoked_at is null
            )
            else true
        end;
    if not is_good then
        raise exception 'the credential was ended' using errcode = 'LS401';
    end if;
end
$$;
