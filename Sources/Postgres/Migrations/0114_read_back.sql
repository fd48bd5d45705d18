-- A few chunks are read back, never many: each source is looked up by its id. Without `offset 0` the planner may read all the
-- sources that the asker sees, for every search, to look the few up in them.
alter policy follows_source on chunks using (
    case source_kind
        when 'message' then exists (select from messages where messages.id = source_id offset 0)
        when 'status' then exists (select from statuses where statuses.id = source_id offset 0)
        when 'comment' then exists (select from status_comments where status_comments.id = source_id offset 0)
        when 'schedule' then exists (select from lab_schedules where lab_schedules.id = source_id offset 0)
        when 'file' then exists (select from files where files.id = source_id offset 0)
        else false
    end
);
