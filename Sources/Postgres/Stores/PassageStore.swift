public import Domain
import Foundation
public import Ingest
public import Retrieval

/// Reads chunks with their vectors for the index in memory. Runs as labsync_ingest.
public struct PassageStore: PassageSource {
    let database: Database
    let readsVectors: Bool

    /// - Parameter readsVectors: false where the database itself compares them.
    public init(_ database: Database, readsVectors: Bool = true) {
        self.database = database
        self.readsVectors = readsVectors
    }

    public func passages(
        of sources: [SourceReference],
        in generation: Int32
    ) async throws -> [SourceReference: [Passage]] {
        let rows = try await database.query(
            """
            select chunks.id, chunks.source_kind, chunks.source_id, chunks.ordinal, chunks.scope,
                chunks.conversation_id, chunks.author_id, chunks.author_name, chunks.title, chunks.created_at,
                chunks.starts_at, chunks.ends_at, chunks.text, own.embedding as own, beginning.embedding as beginning,
                pieces.embedding as pieces
            from unnest(\(sources.map(\.kind.rawValue))::text[], \(sources.map(\.id))::uuid[]) as wanted (kind, id)
            join chunks on chunks.source_kind = wanted.kind and chunks.source_id = wanted.id
            join vectors as own on own.chunk_id = chunks.id and own.facet = 0
            left join vectors as beginning on beginning.chunk_id = chunks.id and beginning.facet = 1
            left join vectors as pieces on pieces.chunk_id = chunks.id and pieces.facet = 2
            where chunks.generation_id = \(generation)
            order by chunks.source_kind, chunks.source_id, chunks.ordinal
            """
        )
        var passages: [SourceReference: [Passage]] = [:]
        for source in sources { passages[source] = [] }
        for row in rows {
            let passage = try Self.passage(row)
            passages[passage.source, default: []].append(passage)
        }
        return passages
    }

    public func waitUntilVisible(_ transactions: Set<UInt32>) async throws {
        // A transaction gives its lock on its own id back after everybody can see what it did.
        while try await !database.query(
            """
            select from pg_locks
            where locktype = 'transactionid' and transactionid = any (\(transactions.map(String.init))::xid[]) and granted
            """
        ).isEmpty {
            try await Task.sleep(for: .milliseconds(1))
        }
    }

    private static func passage(_ row: Row) throws -> Passage {
        guard let scope = Scope(try row.get("scope", as: String.self)) else { throw PostgresError.undecodable("scope") }
        var embeddings: [Facet: [Float]] = [.passage: try row.get("own", as: [UInt8].self).floats]
        if let beginning: [UInt8] = try row.get("beginning") { embeddings[.beginning] = beginning.floats }
        let pieces: [UInt8]? = try row.get("pieces")
        return Passage(
            chunk: try row.get("id"),
            source: try SourceReference(row),
            scope: scope,
            conversation: try row.get("conversation_id"),
            author: try row.get("author_id"),
            authorName: try row.get("author_name"),
            title: try row.get("title"),
            createdAt: try row.get("created_at"),
            startsAt: try row.get("starts_at"),
            endsAt: try row.get("ends_at"),
            ordinal: try row.get("ordinal"),
            text: try row.get("text"),
            embeddings: embeddings,
            codes: pieces.map(PieceCodes.init(bytes:)) ?? PieceCodes()
        )
    }
}
