create table lab_schedules (
    id uuid primary key default gen_random_uuid(),
    title text,
    description text,
    start_time timestamptz,
    end_time timestamptz,
    created_by uuid references users (id)
);
comment on table lab_schedules is 'Events, bookings and shifts; the whole lab sees them.';
alter table lab_schedules
    add column resource text,
    add column all_day boolean not null default false,
    add column created_at timestamptz not null default now(),
    add column updated_at timestamptz;
create index lab_schedules_start_time on lab_schedules (start_time, id);
create index lab_schedules_end_time on lab_schedules (end_time);
create index lab_schedules_resource on lab_schedules (resource, start_time) where resource is not null;
call labsync.secure('lab_schedules');
call labsync.open_to_ingest('lab_schedules');

create table schedule_participants (
    schedule_id uuid not null references lab_schedules (id) on delete cascade,
    user_id uuid not null references users (id),
    primary key (schedule_id, user_id)
);
comment on table schedule_participants is 'Who takes part in an event.';
create index schedule_participants_user_id on schedule_participants (user_id);
call labsync.secure('schedule_participants');
call labsync.open_to_ingest('schedule_participants');

create policy members_read on lab_schedules for select to labsync_app using ((select labsync.is_member()));
create policy members_book on lab_schedules for insert to labsync_app
    with check (created_by = (select labsync.current_user_id()) and (select labsync.is_member()));
create policy creator_or_manager_changes on lab_schedules for update to labsync_app
    using ((select labsync.is_member())
        and (created_by = (select labsync.current_user_id()) or (select labsync.is_manager())))
    with check ((select labsync.is_member()));
create policy creator_or_manager_deletes on lab_schedules for delete to labsync_app
    using ((select labsync.is_member())
        and (created_by = (select labsync.current_user_id()) or (select labsync.is_manager())));
grant select, delete on lab_schedules to labsync_app;
grant insert (title, description, start_time, end_time, created_by, resource, all_day) on lab_schedules to labsync_app;
grant update (title, description, start_time, end_time, resource, all_day, updated_at) on lab_schedules to labsync_app;

create policy members_read on schedule_participants for select to labsync_app using ((select labsync.is_member()));
create policy changers_add on schedule_participants for insert to labsync_app
    with check (
        exists (
            select from lab_schedules
            where id = schedule_id
                and (created_by = (select labsync.current_user_id()) or (select labsync.is_manager()))
        )
        and exists (select from users where id = user_id)
    );
create policy changers_remove_anyone_leaves on schedule_participants for delete to labsync_app
    using (
        (select labsync.is_member())
        and (
            user_id = (select labsync.current_user_id())
            or exists (
                select from lab_schedules
                where id = schedule_id
                    and (created_by = (select labsync.current_user_id()) or (select labsync.is_manager()))
            )
        )
    );
grant select, insert, delete on schedule_participants to labsync_app;
