-- A deletion may be heard of before the person was: then there is nobody to point at.
alter table user_identities alter column user_id drop not null;
alter table personal_tokens add constraint personal_tokens_scope check (scope in ('all', 'read'));
create index personal_tokens_user_id on personal_tokens (user_id);
create index sessions_revoked_at on sessions (revoked_at) where revoked_at is not null;
