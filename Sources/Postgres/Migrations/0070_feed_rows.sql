-- What realtime needs of the change feed: whole old rows, and which sign-ins and tokens were ended, without their hashes.
alter table conversations replica identity full;
alter publication labsync_changes add table
    sessions (id, family, revoked_at),
    personal_tokens (id, user_id, revoked_at);
-- Nobody follows the jobs themselves; every write would send two of them.
alter publication labsync_changes drop table index_jobs;
