-- What indexing does for each row, and need not.

-- Chunks and their vectors are written together, under the lock of their job, by nobody but the workers. The foreign
-- keys asked for every row whether the other is there; what they did for deletions is done a statement at a time.
grant usage on sequence chunks_id_seq to labsync_ingest;
alter table vectors drop constraint vectors_chunk_id_fkey;
create function labsync.forget_vectors() returns trigger
    language plpgsql security definer set search_path = '' as $$
begin
    delete from public.vectors using removed where vectors.chunk_id = removed.id;
    return null;
end
$$;
revoke execute on function labsync.forget_vectors() from public;
create trigger forget_vectors after delete on chunks referencing old table as removed
    for each statement execute function labsync.forget_vectors();

-- The jobs first: a worker that still writes for this generation holds its job, and is waited for.
alter table chunks drop constraint chunks_generation_id_fkey;
create or replace function labsync.forget_generation() returns trigger
    language plpgsql security definer set search_path = '' as $$
begin
    delete from public.index_jobs where generation_id = old.id;
    delete from public.chunks where generation_id = old.id;
    return null;
end
$$;
