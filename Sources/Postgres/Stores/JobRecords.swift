public import Foundation

/// The job table as people look after it. Runs as labsync_ingest.
public struct JobRecords: Sendable {
    public enum State: String, Sendable, CaseIterable {
        case waiting
        case running
        case dead
    }

    public struct Job: Sendable, Encodable {
        public let id: Int64
        /// `kind:uuid`.
        public let source: String
        public let generation: Int32
        public let state: String
        public let attempts: Int
        public let reason: String?
        public let enqueuedAt: Date
        /// When it is tried next; of a running one when its lease ends.
        public let due: Date
    }

    /// Which jobs a command is about.
    public enum Selection: Sendable {
        case ids([Int64])
        case dead
    }

    private let database: Database

    public init(_ database: Database) {
        self.database = database
    }

    public func list(_ state: State?, limit: Int) async throws -> [Job] {
        try await database.query(
            """
            select * from (
                select id, source_kind || ':' || source_id as source, generation_id, attempts, last_error, enqueued_at,
                    case when dead then 'dead' when lease_until >= now() then 'running' else 'waiting' end as state,
                    case when lease_until >= now() then lease_until else run_after end as due
                from index_jobs
            ) as jobs
            where coalesce(state = \(state?.rawValue), true)
            order by state = 'dead' desc, state = 'running' desc, due, id
            limit \(limit)
            """
        ).map { row in
            Job(
                id: try row.get("id"),
                source: try row.get("source"),
                generation: try row.get("generation_id"),
                state: try row.get("state"),
                attempts: try row.get("attempts"),
                reason: try row.get("last_error"),
                enqueuedAt: try row.get("enqueued_at"),
                due: try row.get("due")
            )
        }
    }

    /// Has them tried at once, as if for the first time; says how many.
    public func retry(_ selection: Selection) async throws -> Int {
        try await database.withTransaction { transaction in
            let jobs: [Int64] = try await transaction.query(
                "select id from index_jobs where \(Self.condition(selection))"
            ).map { try $0.get("id") }
            // Files first, as everybody locks them; their trigger orders them anew, which is not to be counted twice.
            try await transaction.run(GivenUpFiles.revived(jobs))
            return try await transaction.run(
                """
                update index_jobs
                set dead = false, attempts = 0, run_after = now(),
                    enqueued_at = case when dead then now() else enqueued_at end
                where id = any (\(jobs)::bigint[])
                """
            )
        }
    }

    /// Gives the jobs up for good: their sources stay as they are indexed now. Says how many.
    public func drop(_ selection: Selection) async throws -> Int {
        try await database.run("delete from index_jobs where \(Self.condition(selection))")
    }

    private static func condition(_ selection: Selection) -> Statement {
        switch selection {
        case .ids(let ids): "id = any (\(ids)::bigint[])"
        case .dead: "dead"
        }
    }
}
