create table imported_events (
    schedule_id uuid primary key references lab_schedules (id) on delete cascade,
    -- What the calendar calls it; one event has as many entries as it takes place.
    uid text not null
);
comment on table imported_events is 'Which entries of the schedule came from which event of a calendar, so that the next import updates them.';
create index imported_events_uid on imported_events (uid);
call labsync.secure('imported_events');
call labsync.open_to_ingest('imported_events');
