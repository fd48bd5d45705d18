public import Domain
public import Ingest
import Logging
import Retrieval

/// Copies vectors into the table that PostgreSQL compares. Runs as labsync_ingest; several may at once.
///
/// Only what is new comes this way: deletions and changes of audience reach the table by trigger, in their own
/// transaction.
public struct PgVectorFiller: VectorFiller {
    private static let batchSize = 500
    /// Fewer are not worth a graph; pgvector's has at most so many numbers a vector.
    public static let fewestGraphed = 20_000
    private static let widestGraphed = 2000

    private let database: Database
    private let fewestGraphed: Int

    public init(_ database: Database, fewestGraphed: Int = Self.fewestGraphed) {
        self.database = database
        self.fewestGraphed = fewestGraphed
    }

    public func fill(_ generation: IndexGeneration) async throws {
        var last: ChunkID = 0
        while true {
            let rows = try await database.query(
                """
                select chunk_id, facet, embedding from vectors
                join chunks on chunks.id = vectors.chunk_id
                where generation_id = \(generation.id) and facet in (0, 1) and chunk_id > \(last)
                    and not exists (
                        select from passage_vectors as kept
                        where kept.chunk_id = vectors.chunk_id and kept.facet = vectors.facet
                    )
                order by chunk_id
                limit \(Self.batchSize)
                """
            )
            guard let end = rows.last else { break }
            try await insert(rows)
            // The last one's second facet may be in the next batch.
            last = try end.get("chunk_id", as: ChunkID.self) - 1
        }
        try await graph(generation)
    }

    public func fill(_ sources: Set<SourceReference>, in generation: Int32) async throws {
        let sources = Array(sources)
        for start in stride(from: 0, to: sources.count, by: Self.batchSize) {
            let some = sources[start..<min(sources.count, start + Self.batchSize)]
            try await insert(
                try await database.query(
                    """
                    select chunk_id, facet, embedding
                    from unnest(\(some.map(\.kind.rawValue))::text[], \(some.map(\.id))::uuid[]) as wanted (kind, id)
                    join chunks on chunks.source_kind = wanted.kind and chunks.source_id = wanted.id
                    join vectors on vectors.chunk_id = chunks.id
                    where generation_id = \(generation) and facet in (0, 1)
                    """
                )
            )
        }
    }

    private func insert(_ rows: [Row]) async throws {
        guard !rows.isEmpty else { return }
        let chunks: [ChunkID] = try rows.map { try $0.get("chunk_id") }
        let facets: [Int16] = try rows.map { try $0.get("facet") }
        let vectors = try rows.map { try $0.get("embedding", as: [UInt8].self).floats.vectorText }
        // Locked, so that an audience that changes meanwhile changes here too, before or after.
        try await database.run(
            """
            insert into passage_vectors (
                chunk_id, facet, generation_id, scope, source_kind, source_id, begins_at, ends_at, embedding)
            select chunks.id, given.facet, generation_id, scope, source_kind, source_id,
                coalesce(starts_at, created_at), coalesce(ends_at, created_at), given.embedding::vector
            from unnest(\(chunks)::bigint[], \(facets)::smallint[], \(vectors)::text[]) as given (id, facet, embedding)
            join chunks on chunks.id = given.id
            for share of chunks
            on conflict do nothing
            """
        )
    }

    private func graph(_ generation: IndexGeneration) async throws {
        guard generation.dimension <= Self.widestGraphed else { return }
        let large = try await database.query(
            """
            select from passage_vectors where generation_id = \(generation.id) and facet = 0
            offset \(fewestGraphed) limit 1
            """
        )
        guard !large.isEmpty else { return }
        // Takes minutes. Beyond its memory a graph is made many times as slowly.
        try await database.withConnection { session in
            try await session.withLongTransaction {
                try await session.runScript(
                    """
                    set local maintenance_work_mem = '512MB'; set local max_parallel_maintenance_workers = 0;
                    select labsync.graph_vectors(\(generation.id), \(generation.dimension))
                    """
                )
            }
        }
    }
}
