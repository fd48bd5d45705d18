-- The sweeper compares names in the order of their bytes, as the object store lists them.
create index files_object_key_bytes on files (object_key collate "C") where object_key is not null;
create index files_pending on files (created_at) where state = 'pending';
