-- Only labsync_identity reads these: a request cannot, whatever it asks for.
create table user_identities (
    provider text not null,
    subject text not null,
    user_id uuid not null references users (id) on delete cascade,
    updated_at timestamptz,
    deleted_at timestamptz,
    primary key (provider, subject)
);
comment on table user_identities is 'Who a user is at an identity provider.';
call labsync.secure('user_identities');
call labsync.open_to_identity('user_identities');

create table credentials (
    user_id uuid primary key references users (id) on delete cascade,
    password_hash text not null,
    updated_at timestamptz not null default now()
);
comment on table credentials is 'Passwords of the built-in issuer, hashed.';
call labsync.secure('credentials');
call labsync.open_to_identity('credentials');

create table sessions (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references users (id) on delete cascade,
    refresh_hash bytea not null unique,
    family uuid not null,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    rotated_at timestamptz,
    revoked_at timestamptz
);
comment on table sessions is 'Refresh tokens of the built-in issuer, hashed; a family descends from one sign-in.';
create index sessions_user_id on sessions (user_id);
create index sessions_family on sessions (family);
call labsync.secure('sessions');
call labsync.open_to_identity('sessions');

create table invitations (
    token_hash bytea primary key,
    email text,
    kind text not null default 'sign-up' check (kind in ('sign-up', 'reset')),
    user_id uuid references users (id) on delete cascade,
    role_id integer references roles (id),
    created_by uuid references users (id),
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    used_at timestamptz
);
comment on table invitations is 'One-time links: to join the lab, or to set a new password.';
call labsync.secure('invitations');
call labsync.open_to_identity('invitations');

create table personal_tokens (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references users (id) on delete cascade,
    name text not null,
    token_hash bytea not null unique,
    scope text not null default 'all',
    created_at timestamptz not null default now(),
    expires_at timestamptz,
    last_used_at timestamptz,
    revoked_at timestamptz
);
comment on table personal_tokens is 'Long-lived tokens for tools, hashed.';
call labsync.secure('personal_tokens');
call labsync.open_to_identity('personal_tokens');

create table webhook_events (
    id text primary key,
    received_at timestamptz not null default now()
);
comment on table webhook_events is 'Webhook deliveries that have had their effect.';
call labsync.secure('webhook_events');
call labsync.open_to_identity('webhook_events');

create table calendar_links (
    user_id uuid primary key references users (id) on delete cascade,
    secret_hash bytea not null unique,
    created_at timestamptz not null default now()
);
comment on table calendar_links is 'Secret addresses of calendar feeds, hashed.';
call labsync.secure('calendar_links');
call labsync.open_to_identity('calendar_links');

create table idempotency_keys (
    user_id uuid not null references users (id) on delete cascade,
    key text not null,
    request text not null,
    body_hash bytea not null,
    status integer,
    response text,
    created_at timestamptz not null default now(),
    primary key (user_id, key)
);
comment on table idempotency_keys is 'Answers kept so that a repeated POST has one effect.';
create index idempotency_keys_created_at on idempotency_keys (created_at);
call labsync.secure('idempotency_keys');
create policy own on idempotency_keys to labsync_app
    using (user_id = (select labsync.current_user_id()) and (select labsync.is_member()))
    with check (user_id = (select labsync.current_user_id()) and (select labsync.is_member()));
grant select, insert, update, delete on idempotency_keys to labsync_app;
