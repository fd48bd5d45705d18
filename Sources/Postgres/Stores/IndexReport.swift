/// The state of the index, for whoever runs the server.
public struct IndexReport: Sendable, Encodable {
    public struct Generation: Sendable, Encodable {
        public let id: Int
        public let state: String
        public let embedder: String
        public let dimension: Int
        public let recipe: String
        public let chunks: Int
        public let sources: Int
    }

    public struct DeadJob: Sendable, Encodable {
        public let source: String
        public let reason: String?
    }

    public let generations: [Generation]
    public let pending: Int
    public let dead: [DeadJob]

    /// In the serving generation; everything, when there is none yet.
    private static let pending: Statement =
        """
        select case
            when serving.id is null then (select count(*) from labsync.indexable())
            else (select count(*) from index_jobs where generation_id = serving.id and not dead)
        end as count
        from (select (select id from index_generations where state = 'serving') as id) as serving
        """

    /// `database` is a pool of labsync_ingest.
    public static func read(_ database: Database) async throws -> IndexReport {
        let generations = try await database.query(
            """
            select id, state, embedder, dimension, recipe,
                (select count(*) from chunks where generation_id = index_generations.id) as chunks,
                (select count(distinct (source_kind, source_id)) from chunks
                    where generation_id = index_generations.id) as sources
            from index_generations order by id
            """
        )
        let dead = try await database.query(
            """
            select source_kind || ':' || source_id as source, last_error from index_jobs
            where dead and generation_id in (select id from index_generations where state <> 'retired')
            order by id limit 100
            """
        )
        return IndexReport(
            generations: try generations.map { row in
                Generation(
                    id: try row.get("id"),
                    state: try row.get("state"),
                    embedder: try row.get("embedder"),
                    dimension: try row.get("dimension"),
                    recipe: try row.get("recipe"),
                    chunks: try row.get("chunks"),
                    sources: try row.get("sources")
                )
            },
            pending: try await database.query(Self.pending)[0].get("count"),
            dead: try dead.map { DeadJob(source: try $0.get("source"), reason: try $0.get("last_error")) }
        )
    }
}
