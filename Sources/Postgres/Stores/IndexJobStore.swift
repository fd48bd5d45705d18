public import Domain
import Foundation
public import Ingest
import Retrieval

/// The job table, and what workers read and write around it. Runs as labsync_ingest.
public struct IndexJobStore: JobQueue {
    let database: Database

    public init(_ database: Database) {
        self.database = database
    }

    public func activeGenerations() async throws -> [IndexGeneration] {
        try await database.query(
            """
            select id, embedder, dimension, recipe, state = 'serving' as is_serving
            from index_generations
            where state in ('serving', 'building')
            order by state = 'serving' desc, id
            """
        ).map(IndexGeneration.init)
    }

    public func lease(
        limit: Int,
        for duration: Duration,
        of generation: Int32,
        in lane: JobLane
    ) async throws -> [IndexJob] {
        // One at a time: a second one would look at jobs that the first is just taking, hold them for a moment, and have
        // a worker that is already done with them pass them over. The lock goes with this exchange: one transaction.
        let place = 2 * Int(generation) + (lane == .files ? 1 : 0)
        let turn: Statement = "select pg_advisory_xact_lock(hashtext('labsync.lease'), \(place)::integer)"
        // The database's clock decides, so that workers need not agree on the time.
        let lease: Statement =
            """
            with ready as materialized (
                select id from index_jobs
                where generation_id = \(generation) and (source_kind = 'file') = \(lane == .files)::boolean
                    and not dead and run_after <= now()
                    and (lease_until is null or lease_until < now())
                order by is_bulk, run_after, id
                limit \(limit)
                for update skip locked
            )
            update index_jobs
            set lease_token = nextval('labsync.lease_tokens'),
                lease_until = now() + make_interval(secs => \(duration / .seconds(1)))
            from ready
            where index_jobs.id = ready.id
            returning index_jobs.id, source_kind, source_id, lease_token, attempts
            """
        return try await database.run([turn, lease])[1].rows.map(IndexJob.init)
    }

    // Who changes several jobs skips those that somebody else holds: a writer that waits for one of ours, and we for
    // one of theirs, would be a deadlock, and the writer might lose it.

    public func extend(_ jobs: [IndexJob], by duration: Duration) async throws {
        try await database.run(
            """
            update index_jobs set lease_until = now() + make_interval(secs => \(duration / .seconds(1)))
            where id in (\(Self.held(jobs)))
            """
        )
    }

    public func release(_ jobs: [IndexJob]) async throws {
        try await database.run(
            "update index_jobs set lease_token = null, lease_until = null where id in (\(Self.held(jobs)))"
        )
    }

    public func fail(_ failures: [FailedJob]) async throws {
        let update: Statement = """
            update index_jobs
            set attempts = attempts + 1,
                last_error = failed.reason,
                dead = failed.is_final,
                run_after = now() + make_interval(secs => failed.pause),
                lease_token = null,
                lease_until = null
            from unnest(
                \(failures.map(\.job.id))::bigint[], \(failures.map { String($0.reason.prefix(500)) })::text[],
                \(failures.map(\.isFinal))::boolean[],
                \(failures.map { $0.retryAfter / .seconds(1) })::double precision[]
            ) as failed (id, reason, is_final, pause)
            where index_jobs.id = failed.id and index_jobs.id in (\(Self.held(failures.map(\.job))))
            """
        guard failures.contains(where: { $0.isFinal && $0.job.source.kind == .file }) else {
            try await database.run(update)
            return
        }
        try await database.withTransaction { transaction in
            _ = try await transaction.run([GivenUpFiles.marked(failures), update])
        }
    }

    /// Those of the jobs whose lease is still ours, locked.
    private static func held(_ jobs: [IndexJob]) -> Statement {
        """
        select mine.id
        from index_jobs as mine
        join unnest(\(jobs.map(\.id))::bigint[], \(jobs.map(\.leaseToken))::bigint[]) as held (id, token)
            on mine.id = held.id and mine.lease_token = held.token
        for update of mine skip locked
        """
    }

    public func storedVectors(of sources: [SourceReference], in generation: Int32) async throws -> StoredVectors {
        var stored = StoredVectors()
        let rows = try await database.query(
            """
            select wanted.kind as source_kind, wanted.id as source_id, chunk.content_hash, vector.facet,
                vector.embedding
            from unnest(\(sources.map(\.kind.rawValue))::text[], \(sources.map(\.id))::uuid[]) as wanted (kind, id)
            -- Each by the index: a plan from when the tables were small would read all of them.
            cross join lateral (
                select chunks.id, content_hash from chunks
                where source_kind = wanted.kind and source_id = wanted.id and generation_id = \(generation)
                offset 0
            ) as chunk
            cross join lateral (
                select facet, embedding from vectors where chunk_id = chunk.id offset 0
            ) as vector
            """
        )
        for row in rows {
            let source = try SourceReference(row)
            let hash: [UInt8] = try row.get("content_hash")
            let bytes: [UInt8] = try row.get("embedding")
            switch Facet(rawValue: try row.get("facet")) {
            case .pieces: stored.add(PieceCodes(bytes: bytes), of: source, hash: hash)
            case .some(let facet): stored.add(bytes.floats, facet, of: source, hash: hash)
            case nil: continue
            }
        }
        return stored
    }

    public func complete(_ results: [IndexedSource], in generation: Int32) async throws {
        let passedOver = try await database.withTransaction { transaction in
            // Locked first: an edit that comes now waits, and then orders the source anew.
            let busy = try await Self.busyFiles(results.map(\.job.source), transaction)
            let held = Set(
                try await transaction.query(Self.held(results.map(\.job))).map { try $0.get("id", as: Int64.self) }
            )
            let current = results.filter { held.contains($0.job.id) && !busy.contains($0.job.source.id) }
            let ids: [Int64] = try await transaction.query(
                """
                select nextval('chunks_id_seq') as id
                from generate_series(1, \(current.reduce(0) { $0 + $1.chunks.count })::integer)
                """
            ).map { try $0.get("id") }
            try await ChunkWriter(transaction).write(current, ids, in: generation)
            let written = Set(current.map(\.job.id))
            return results.map(\.job).filter { !written.contains($0.id) }
        }
        // Most of these were changed or given away. One that was only locked, by a change that was then undone, would
        // keep its lease until that runs out.
        if !passedOver.isEmpty { try await release(passedOver) }
    }

    /// Files that somebody is changing; locks the others, whose rows tell in the end that they are indexed.
    ///
    /// Who changes a file locks its row and then its job: who waited for the row with the job in hand would be deadlocked.
    private static func busyFiles(_ sources: [SourceReference], _ transaction: Transaction) async throws -> Set<UUID> {
        let files = sources.filter { $0.kind == .file }.map(\.id)
        guard !files.isEmpty else { return [] }
        let rows = try await transaction.query(
            """
            with free as materialized (
                select id from files where id = any (\(files)::uuid[]) for no key update skip locked
            )
            select id from files where id = any (\(files)::uuid[]) and id not in (select id from free)
            """
        )
        return Set(try rows.map { try $0.get("id") })
    }
}

extension IndexGeneration {
    init(_ row: Row) throws {
        self.init(
            id: try row.get("id"),
            embedder: try row.get("embedder"),
            dimension: try row.get("dimension"),
            recipe: try row.get("recipe"),
            isServing: try row.get("is_serving")
        )
    }
}

extension IndexJob {
    init(_ row: Row) throws {
        self.init(
            id: try row.get("id"),
            source: try SourceReference(row),
            leaseToken: try row.get("lease_token"),
            attempts: try row.get("attempts")
        )
    }
}

extension SourceReference {
    init(_ row: Row, kind: String = "source_kind", id: String = "source_id") throws {
        guard let known = SourceKind(rawValue: try row.get(kind)) else { throw PostgresError.undecodable(kind) }
        self.init(kind: known, id: try row.get(id))
    }
}
