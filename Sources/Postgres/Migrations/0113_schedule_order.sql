-- A change of one time alone is judged beside the other, whoever made it in between. Rows from before are left as they are.
alter table lab_schedules
    add constraint lab_schedules_ends_after_start check (end_time >= start_time) not valid;
