create table statuses (
    id uuid primary key default gen_random_uuid(),
    author_id uuid references users (id),
    text text,
    media_url text,
    visibility text check (visibility in ('public', 'private', 'role-based')),
    created_at timestamptz default now()
);
comment on table statuses is 'The feed. Without a visibility a status is its author''s alone.';
alter table statuses add column edited_at timestamptz;
create index statuses_created_at on statuses (created_at desc, id desc);
create index statuses_author_id on statuses (author_id, created_at desc);
call labsync.secure('statuses');
call labsync.open_to_ingest('statuses');

create table status_roles (
    status_id uuid not null references statuses (id) on delete cascade,
    role_id integer not null references roles (id) on delete cascade,
    primary key (status_id, role_id)
);
comment on table status_roles is 'The roles that a role-based status is shown to.';
create index status_roles_role_id on status_roles (role_id);
call labsync.secure('status_roles');
call labsync.open_to_ingest('status_roles');

create table status_comments (
    id uuid primary key default gen_random_uuid(),
    status_id uuid references statuses (id),
    author_id uuid references users (id),
    text text,
    created_at timestamptz default now()
);
comment on table status_comments is 'Comments are shown to whoever is shown their status.';
alter table status_comments add column edited_at timestamptz;
create index status_comments_status_id on status_comments (status_id, created_at, id);
call labsync.secure('status_comments');
call labsync.open_to_ingest('status_comments');

create function labsync.my_role_status_ids() returns setof uuid
    language sql stable security definer set search_path = ''
begin atomic
    select status_id from public.status_roles where role_id in (select labsync.my_role_ids());
end;

create policy audience_reads on statuses for select to labsync_app
    using (
        (select labsync.is_member())
        and (
            visibility = 'public'
            or author_id = (select labsync.current_user_id())
            or visibility = 'role-based' and id = any (array(select labsync.my_role_status_ids()))
        )
    );
create policy author_posts on statuses for insert to labsync_app
    with check (author_id = (select labsync.current_user_id()) and (select labsync.is_member()));
create policy author_edits on statuses for update to labsync_app
    using (author_id = (select labsync.current_user_id()) and (select labsync.is_member()))
    with check (author_id = (select labsync.current_user_id()));
create policy author_or_manager_deletes on statuses for delete to labsync_app
    using ((select labsync.is_member())
        and (author_id = (select labsync.current_user_id()) or (select labsync.is_manager())));
grant select, delete on statuses to labsync_app;
grant insert (author_id, text, media_url, visibility) on statuses to labsync_app;
grant update (text, media_url, visibility, edited_at) on statuses to labsync_app;

create policy follows_status on status_roles for select to labsync_app
    using (exists (select from statuses where id = status_id));
create policy author_lists on status_roles for insert to labsync_app
    with check (exists (
        select from statuses where id = status_id and author_id = (select labsync.current_user_id())
    ));
create policy author_unlists on status_roles for delete to labsync_app
    using (exists (
        select from statuses where id = status_id and author_id = (select labsync.current_user_id())
    ));
grant select, insert, delete on status_roles to labsync_app;

create policy follows_status on status_comments for select to labsync_app
    using (exists (select from statuses where id = status_id));
create policy readers_comment on status_comments for insert to labsync_app
    with check (
        author_id = (select labsync.current_user_id())
        and exists (select from statuses where id = status_id)
    );
create policy author_edits on status_comments for update to labsync_app
    using (author_id = (select labsync.current_user_id()) and exists (select from statuses where id = status_id))
    with check (author_id = (select labsync.current_user_id()));
create policy author_or_manager_deletes on status_comments for delete to labsync_app
    using (
        exists (select from statuses where id = status_id)
        and (author_id = (select labsync.current_user_id()) or (select labsync.is_manager()))
    );
grant select, delete on status_comments to labsync_app;
grant insert (status_id, author_id, text) on status_comments to labsync_app;
grant update (text, edited_at) on status_comments to labsync_app;
