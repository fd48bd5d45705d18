-- Sets whom the transaction acts for, in the round trip of what is asked, and refuses a credential that was ended on
-- whichever node, or whose holder has left the lab: so that it ends with the next request, everywhere.
create function labsync.act_for(who uuid, kind text, credential uuid) returns void
    language plpgsql security definer set search_path = '' as $$
declare
    is_good boolean;
begin
    perform pg_catalog.set_config('labsync.user_id', who::text, true);
    is_good := exists (select from public.users where id = who and deactivated_at is null);
    if is_good and kind = 'session' then
        is_good := not exists (
            select from public.sessions where family = credential and user_id = who and revoked_at is not null
        );
    elsif is_good and kind = 'personal_token' then
        is_good := exists (
            select from public.personal_tokens where id = credential and user_id = who and revoked_at is null
        );
    end if;
    if not is_good then
        raise exception 'the credential was ended' using errcode = 'LS401';
    end if;
end
$$;
revoke execute on function labsync.act_for(uuid, text, uuid) from public;
grant execute on function labsync.act_for(uuid, text, uuid) to labsync_app;
