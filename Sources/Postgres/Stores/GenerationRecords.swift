import Domain
import Foundation
public import Ingest

/// Index generations in the database. Runs as labsync_ingest.
public struct GenerationRecords: GenerationStore {
    let database: Database
    /// Sources ordered in one statement.
    static let page = 20_000

    public init(_ database: Database) {
        self.database = database
    }

    public func ensureServing(embedder: String, dimension: Int, recipe: String) async throws -> IndexGeneration {
        if let known = try await database.query(Self.ordered).first { return try IndexGeneration(known) }
        let serving = try await changing { transaction in
            // Two processes that start together must agree on one.
            if let serving = try await Self.find("serving", transaction) { return serving }
            return try await Self.insert(embedder, dimension, recipe, state: "serving", transaction)
        }
        try await order(serving.id)
        return serving
    }

    private static let ordered: Statement =
        """
        select id, embedder, dimension, recipe, true as is_serving
        from index_generations where state = 'serving' and is_ordered
        """

    public func building() async throws -> IndexGeneration? {
        try await changing { try await Self.find("building", $0) }
    }

    // MARK: Beginning

    public func begin(embedder: String, dimension: Int, recipe: String) async throws -> IndexGeneration {
        try await changing { transaction in
            try await Self.requireNoneBuilding(transaction)
            return try await Self.insert(embedder, dimension, recipe, state: "building", transaction)
        }
    }

    public func beginRollback() async throws -> IndexGeneration {
        let previous = try await changing { transaction in
            try await Self.requireNoneBuilding(transaction)
            let rows = try await transaction.query(
                """
                update index_generations set state = 'building', is_ordered = false
                where id = (\(Self.previous))
                returning id, embedder, dimension, recipe, false as is_serving
                """
            )
            guard let row = rows.first else {
                throw GenerationConflict("There is no generation to go back to: none served before this one.")
            }
            return try IndexGeneration(row)
        }
        try await waitForOlderWriters()
        try await changing { try await Self.orderDifference(previous.id, $0) }
        return previous
    }

    /// What the serving generation got since it began to serve, has waiting, or lost. Deletions reach all generations.
    private static func orderDifference(_ generation: Int32, _ transaction: Transaction) async throws {
        try await transaction.run([
            "update index_jobs set dead = false, attempts = 0, run_after = now() where generation_id = \(generation)",
            """
            with serving as (select id, began_after_chunk from index_generations where state = 'serving')
            insert into index_jobs (generation_id, source_kind, source_id, is_bulk)
            select \(generation)::integer, source_kind, source_id, true
            from (
                select source_kind, source_id from chunks
                where generation_id = (select id from serving)
                    and id > (select coalesce(began_after_chunk, 0) from serving)
                union
                select source_kind, source_id from index_jobs where generation_id = (select id from serving)
                union (
                    select source_kind, source_id from chunks where generation_id = \(generation)
                    except
                    select source_kind, source_id from chunks where generation_id = (select id from serving)
                )
            ) as changed
            on conflict do nothing
            """,
            "update index_generations set is_ordered = true where id = \(generation)",
        ])
    }

    public func order(_ generation: Int32) async throws {
        let waiting = try await database.query(
            "select from index_generations where id = \(generation) and not is_ordered"
        )
        guard !waiting.isEmpty else { return }
        try await database.run(GivenUpFiles.allRevived)
        try await waitForOlderWriters()
        for kind in SourceKind.allCases {
            try await eachPage(of: kind, since: nil) { ids in
                try await database.run(
                    """
                    insert into index_jobs (generation_id, source_kind, source_id, is_bulk)
                    select \(generation)::integer, \(kind.rawValue), unnest(\(ids)::uuid[]), true
                    on conflict do nothing
                    """
                )
            }
        }
        try await database.run("update index_generations set is_ordered = true where id = \(generation)")
    }

    /// Writers that began before a generation did order nothing in it: what they write is ordered once they are through.
    private func waitForOlderWriters() async throws {
        let mark: String = try await database.query("select pg_current_xact_id()::text as mark")[0].get("mark")
        let deadline = ContinuousClock.now + .seconds(600)
        while try await database.query(
            "select where pg_snapshot_xmin(pg_current_snapshot()) >= \(mark)::xid8"
        ).isEmpty {
            guard .now < deadline else {
                throw GenerationConflict("A transaction has been open in the database for ten minutes; end it first.")
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    // MARK: Switching

    public func activate(_ generation: Int32) async throws -> Coverage {
        try await changing { transaction in
            let coverage = try Coverage(try await transaction.query(Self.coverage(generation))[0])
            let state: String? = try await transaction.query(
                "select state from index_generations where id = \(generation)"
            ).first?.get("state")
            if state == "serving" { return coverage }
            guard state == "building" else {
                throw GenerationConflict("Generation \(generation) was cancelled; the old index goes on serving.")
            }
            guard coverage.missing == 0 else { throw IncompleteGeneration(coverage) }
            try await transaction.run([
                "update index_generations set state = 'retired' where state = 'serving'",
                """
                update index_generations
                set state = 'serving', activated_at = now(), began_after_chunk = (select max(id) from chunks)
                where id = \(generation)
                """,
                "delete from reindex_progress where generation_id = \(generation)",
            ])
            return coverage
        }
    }

    public func cancel() async throws -> IndexGeneration? {
        try await changing { transaction in
            try await transaction.query(
                """
                update index_generations set state = 'retired', is_ordered = false where state = 'building'
                returning id, embedder, dimension, recipe, false as is_serving
                """
            ).first.map(IndexGeneration.init)
        }
    }

    public func sweep() async throws {
        let abandoned: [Int32] = try await database.query(
            "select id from index_generations where state = 'retired' and id is distinct from (\(Self.previous))"
        ).map { try $0.get("id") }
        for generation in abandoned {
            try await database.run("delete from index_jobs where generation_id = \(generation)")
            var deleted = 1
            while deleted > 0 {
                deleted = try await database.run(
                    """
                    delete from chunks
                    where ctid = any (array(select ctid from chunks where generation_id = \(generation) limit 2000))
                    """
                )
            }
            try await database.run("delete from index_generations where id = \(generation) and state = 'retired'")
        }
    }

    /// The one that served before, which stays for a step back.
    private static let previous: Statement =
        """
        select id from index_generations
        where state = 'retired' and activated_at is not null order by activated_at desc limit 1
        """

    // MARK: Rows

    /// One change of the generations at a time.
    private func changing<Result: Sendable>(
        _ body: (Transaction) async throws -> Result
    ) async throws -> Result {
        try await database.withTransaction { transaction in
            try await transaction.run("select pg_advisory_xact_lock(hashtext('labsync.index_generations'))")
            return try await body(transaction)
        }
    }

    private static func requireNoneBuilding(_ transaction: Transaction) async throws {
        guard let unfinished = try await find("building", transaction) else { return }
        throw GenerationConflict(
            "Generation \(unfinished.id) is unfinished. Go on with it by --resume, or drop it by --cancel."
        )
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
}
