/// What operators watch of indexing, cheap enough to ask every few seconds.
public enum JobGauges {
    /// By the names of `/metrics`. `database` is a pool of labsync_ingest.
    public static func read(_ database: Database) async throws -> [String: Double] {
        let jobs = try await database.query(
            """
            select count(*) filter (where not dead)::float8 as pending, count(*) filter (where dead)::float8 as dead,
                coalesce(extract(epoch from now() - min(enqueued_at) filter (where not dead)), 0)::float8 as oldest
            from index_jobs
            where generation_id = (select id from index_generations where state = 'serving')
            """
        )[0]
        var gauges: [String: Double] = [
            "labsync_index_jobs_pending": try jobs.get("pending"),
            "labsync_index_jobs_dead": try jobs.get("dead"),
            "labsync_index_oldest_job_seconds": try jobs.get("oldest"),
        ]
        let reindex = try await database.query(
            """
            select total::float8, done::float8, rate,
                case when rate > 0 then (total - done) / rate else 0 end as seconds_left
            from reindex_progress
            join index_generations on index_generations.id = generation_id and state = 'building'
            """
        ).first
        guard let reindex else { return gauges }
        for name in ["total", "done", "rate", "seconds_left"] {
            gauges["labsync_reindex_\(name)"] = try reindex.get(name)
        }
        return gauges
    }
}
