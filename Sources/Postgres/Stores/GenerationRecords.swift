import Domain
public import Ingest

/// Index generations in the database. Runs as labsync_ingest.
public struct GenerationRecords: GenerationStore {
    private let database: Database

    public init(_ database: Database) {
        self.database = database
    }

    public func ensureServing(embedder: String, dimension: Int, recipe: String) async throws -> IndexGeneration {
        try await database.withTransaction { transaction in
            // Two processes that start together must agree on one.
            try await transaction.run("select pg_advisory_xact_lock(hashtext('labsync.index_generations'))")
            if let serving = try await Self.find("serving", transaction) { return serving }
            return try await Self.insert(embedder, dimension, recipe, state: "serving", transaction)
        }
    }

    public func beginBuilding(
        embedder: String,
        dimension: Int,
        recipe: String,
        resume: Bool
    ) async throws -> IndexGeneration {
        try await database.withTransaction { transaction in
            try await transaction.run("select pg_advisory_xact_lock(hashtext('labsync.index_generations'))")
            if let unfinished = try await Self.find("building", transaction) {
                let fits = unfinished.embedder == embedder && unfinished.recipe == recipe
                if resume, fits { return unfinished }
                try await transaction.run("delete from index_generations where id = \(unfinished.id)")
            }
            return try await Self.insert(embedder, dimension, recipe, state: "building", transaction)
        }
    }

    public func enqueue(_ selection: ReindexSelection) async throws -> Int {
        guard selection != .pending else { return try await pendingJobs() }
        return try await database.withTransaction { transaction in
            var count = 0
            for kind in SourceKind.allCases {
                guard let sources = Self.sources(of: kind, selection) else { continue }
                let rows = try await transaction.query(
                    """
                    with chosen as (\(sources))
                    select labsync.enqueue(\(kind.rawValue), (select array_agg(id) from chosen)),
                        (select count(*) from chosen) as count
                    where exists (select from chosen)
                    """
                )
                count += try rows.first?.get("count", as: Int.self) ?? 0
            }
            return count
        }
    }

    public func count(_ selection: ReindexSelection) async throws -> Int {
        guard selection != .pending else { return try await pendingJobs() }
        var count = 0
        for kind in SourceKind.allCases {
            guard let sources = Self.sources(of: kind, selection) else { continue }
            count += try await database.query("select count(*) as count from (\(sources)) as chosen")[0].get("count")
        }
        return count
    }

    public func pendingJobs() async throws -> Int {
        try await database.query("select count(*) as count from index_jobs where not dead")[0].get("count")
    }

    public func uncovered(by generation: Int32) async throws -> Int {
        try await database.query(
            """
            select count(*) as count
            from (
                select 'message' as kind, id from messages where content ~ '\\S'
                union all select 'status', id from statuses where text ~ '\\S'
                union all select 'comment', id from status_comments where text ~ '\\S'
                union all select 'schedule', id from lab_schedules where coalesce(title, description) ~ '\\S'
                union all select 'file', id from files where state = 'indexed'
            ) as eligible
            where not exists (
                select from chunks
                where generation_id = \(generation) and source_kind = eligible.kind and source_id = eligible.id
            )
            """
        )[0].get("count")
    }

    public func activate(_ generation: Int32) async throws {
        _ = try await database.withTransaction { transaction in
            try await transaction.run([
                "update index_generations set state = 'retired' where state = 'serving' and id <> \(generation)",
                "update index_generations set state = 'serving', activated_at = now() where id = \(generation)",
                // One step back stays possible; what is older only takes up space.
                """
                delete from index_generations
                where state = 'retired' and id < (
                    select max(id) from index_generations where state = 'retired'
                )
                """,
            ])
        }
    }

    private static func find(_ state: String, _ transaction: Transaction) async throws -> IndexGeneration? {
        try await transaction.query(
            """
            select id, embedder, dimension, recipe, state = 'serving' as is_serving
            from index_generations where state = \(state) order by id desc limit 1
            """
        ).first.map(IndexGeneration.init)
    }

    private static func insert(
        _ embedder: String,
        _ dimension: Int,
        _ recipe: String,
        state: String,
        _ transaction: Transaction
    ) async throws -> IndexGeneration {
        let rows = try await transaction.query(
            """
            insert into index_generations (embedder, dimension, recipe, state, activated_at)
            values (\(embedder), \(dimension), \(recipe), \(state), case when \(state) = 'serving' then now() end)
            returning id, embedder, dimension, recipe, state = 'serving' as is_serving
            """
        )
        return try IndexGeneration(rows[0])
    }

    /// The ids to index of one kind; nil when the selection holds none of it.
    private static func sources(of kind: SourceKind, _ selection: ReindexSelection) -> Statement? {
        let since: String?
        switch selection {
        case .everything: since = nil
        case .kind(let chosen):
            guard chosen == kind else { return nil }
            since = nil
        case .since(let time): since = time
        case .pending: return nil
        }
        return switch kind {
        case .message: "select id from messages where coalesce(created_at >= \(since)::timestamptz, true)"
        case .status: "select id from statuses where coalesce(created_at >= \(since)::timestamptz, true)"
        case .comment: "select id from status_comments where coalesce(created_at >= \(since)::timestamptz, true)"
        case .schedule: "select id from lab_schedules where coalesce(start_time >= \(since)::timestamptz, true)"
        case .file:
            """
            select id from files
            where state in ('queued', 'indexed') and coalesce(created_at >= \(since)::timestamptz, true)
            """
        }
    }
}
