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

    public func lease(limit: Int, for duration: Duration) async throws -> [IndexJob] {
        // The database's clock decides, so that workers need not agree on the time.
        try await database.query(
            """
            update index_jobs
            set lease_token = nextval('labsync.lease_tokens'),
                lease_until = now() + make_interval(secs => \(duration / .seconds(1)))
            where id in (
                select id from index_jobs
                where not dead and run_after <= now() and (lease_until is null or lease_until < now())
                order by run_after, id
                limit \(limit)
                for update skip locked
            )
            returning id, source_kind, source_id, revision, lease_token, attempts
            """
        ).map(IndexJob.init)
    }

    public func extend(_ jobs: [IndexJob], by duration: Duration) async throws {
        try await database.run(
            """
            update index_jobs
            set lease_until = now() + make_interval(secs => \(duration / .seconds(1)))
            from unnest(\(jobs.map(\.id))::bigint[], \(jobs.map(\.leaseToken))::bigint[]) as held (id, token)
            where index_jobs.id = held.id and index_jobs.lease_token = held.token
            """
        )
    }

    public func fail(_ job: IndexJob, reason: String, retryAfter: Duration, isFinal: Bool) async throws {
        try await database.run(
            """
            update index_jobs
            set attempts = attempts + 1,
                last_error = \(String(reason.prefix(500))),
                dead = \(isFinal),
                run_after = now() + make_interval(secs => \(retryAfter / .seconds(1))),
                lease_token = null,
                lease_until = null
            where id = \(job.id) and lease_token = \(job.leaseToken)
            """
        )
    }

    public func markUnindexable(_ file: FileID, reason: String) async throws {
        try await database.run(
            "update files set state = 'unindexable', state_reason = \(reason) where id = \(file)"
        )
    }

    public func storedVectors(of sources: [SourceReference], in generation: Int32) async throws -> StoredVectors {
        var stored = StoredVectors()
        let rows = try await database.query(
            """
            select chunks.source_kind, chunks.source_id, chunks.content_hash, vectors.facet, vectors.embedding
            from unnest(\(sources.map(\.kind.rawValue))::text[], \(sources.map(\.id))::uuid[]) as wanted (kind, id)
            join chunks on chunks.source_kind = wanted.kind and chunks.source_id = wanted.id
            join vectors on vectors.chunk_id = chunks.id
            where chunks.generation_id = \(generation)
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

    public func complete(_ results: [IndexedSource]) async throws {
        try await database.withTransaction { transaction in
            // Locked first: an edit that comes now waits, and then finds its job, or makes a new one.
            let held = try await transaction.query(
                """
                select index_jobs.id, index_jobs.revision
                from unnest(\(results.map(\.job.id))::bigint[], \(results.map(\.job.leaseToken))::bigint[])
                    as held (id, token)
                join index_jobs on index_jobs.id = held.id and index_jobs.lease_token = held.token
                order by index_jobs.id
                for update of index_jobs
                """
            )
            let revisions = Dictionary(
                uniqueKeysWithValues: try held.map {
                    (try $0.get("id", as: Int64.self), try $0.get("revision", as: Int64.self))
                }
            )
            let current = results.filter { revisions[$0.job.id] == $0.job.revision }
            try await ChunkWriter(transaction).write(current)
            let outdated = results.filter { result in
                guard let revision = revisions[result.job.id] else { return false }
                return revision != result.job.revision
            }
            try await transaction.run([
                "delete from index_jobs where id = any (\(current.map(\.job.id))::bigint[])",
                """
                update index_jobs set lease_token = null, lease_until = null, run_after = now()
                where id = any (\(outdated.map(\.job.id))::bigint[])
                """,
            ])
        }
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
            revision: try row.get("revision"),
            leaseToken: try row.get("lease_token"),
            attempts: try row.get("attempts")
        )
    }
}

extension SourceReference {
    /// From columns `source_kind` and `source_id`.
    init(_ row: Row) throws {
        guard let kind = SourceKind(rawValue: try row.get("source_kind")) else {
            throw PostgresError.undecodable("source_kind")
        }
        self.init(kind: kind, id: try row.get("source_id"))
    }
}
