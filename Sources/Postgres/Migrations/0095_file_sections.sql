alter table file_texts add column sections jsonb;
comment on column file_texts.sections is 'Where the text''s pages, sheets or slides begin; null: lines, all of them.';

-- A file may take minutes to be read; what people say has a queue of its own.
drop index index_jobs_ready;
create index index_jobs_ready on index_jobs (generation_id, (source_kind = 'file'), is_bulk, run_after, id)
    where not dead;

-- What could not be read before is tried again.
update files set state = 'queued', state_reason = null
where state = 'unindexable' and object_key is not null
    and (state_reason like 'Files of type %' or state_reason like 'The file says it is text%');
