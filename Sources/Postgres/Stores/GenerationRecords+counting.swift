public import Ingest

/// How far a generation has come.
extension GenerationRecords {
    public func jobs(of generation: Int32) async throws -> JobCounts {
        let row = try await database.query(
            """
            select count(*) filter (where not dead) as pending, count(*) filter (where not dead and is_bulk) as bulk,
                count(*) filter (where dead) as dead
            from index_jobs where generation_id = \(generation)
            """
        )[0]
        return JobCounts(pending: try row.get("pending"), bulk: try row.get("bulk"), dead: try row.get("dead"))
    }

    public func coverage(of generation: Int32) async throws -> Coverage {
        try Coverage(try await database.query(Self.coverage(generation))[0])
    }

    static func coverage(_ generation: Int32) -> Statement {
        """
        select count(*) as eligible, count(*) filter (where is_indexed) as indexed,
            count(*) filter (where not is_indexed and not is_coming) as missing
        from (
            select
                exists (
                    select from chunks
                    where generation_id = \(generation) and source_kind = source.kind and source_id = source.id
                ) as is_indexed,
                exists (
                    select from index_jobs
                    where generation_id = \(generation) and source_kind = source.kind and source_id = source.id
                        and not dead and not is_bulk
                ) as is_coming
            from labsync.indexable() as source
        ) as sources
        """
    }

    public func note(_ progress: ReindexProgress, of generation: Int32) async throws {
        try await database.run(
            """
            insert into reindex_progress (generation_id, total, done, rate)
            values (\(generation), \(progress.total), \(progress.done), \(progress.rate))
            on conflict (generation_id) do update
            set total = excluded.total, done = excluded.done, rate = excluded.rate, updated_at = now()
            """
        )
    }
}

extension Coverage {
    init(_ row: Row) throws {
        self.init(eligible: try row.get("eligible"), indexed: try row.get("indexed"), missing: try row.get("missing"))
    }
}
