public import Domain
import Foundation
public import Ingest
public import Retrieval
import Synchronization

/// Reads chunks with their vectors for the index in memory. Runs as labsync_ingest.
public struct PassageStore: PassageSource {
    /// Passages a batch while loading everything.
    private static let batchSize = 4096

    private let database: Database
    private let readsVectors: Bool

    /// - Parameter readsVectors: false where the database itself compares them.
    public init(_ database: Database, readsVectors: Bool = true) {
        self.database = database
        self.readsVectors = readsVectors
    }

    public func passages(of generation: Int32, _ take: @Sendable ([Passage]) -> Void) async throws {
        // `copy` takes no parameters; a generation is a number.
        let sql = """
            copy (
                select chunks.id, source_kind, source_id, ordinal, scope, conversation_id, author_id, author_name, title,
                    created_at, starts_at, ends_at, text,
                    \(readsVectors ? "own.embedding, beginning.embedding" : "null::bytea, null::bytea"), pieces.embedding
                from chunks
                join vectors as own on own.chunk_id = chunks.id and own.facet = 0
                left join vectors as beginning on beginning.chunk_id = chunks.id and beginning.facet = 1
                left join vectors as pieces on pieces.chunk_id = chunks.id and pieces.facet = 2
                where generation_id = \(generation)
            ) to stdout (format binary)
            """
        try await database.withConnection { session in
            // A large lab takes longer than any single request may.
            try await session.runScript("begin read only; set local statement_timeout = 0")
            do {
                let batch = Mutex<[Passage]>([])
                try await session.copyOut(sql) { row in
                    let passage = try Self.passage(&row)
                    let full: [Passage]? = batch.withLock { batch in
                        batch.append(passage)
                        guard batch.count >= Self.batchSize else { return nil }
                        defer { batch = [] }
                        return batch
                    }
                    if let full { take(full) }
                }
                take(batch.withLock { $0 })
                try await session.runScript("commit")
            } catch {
                // A connection that cannot roll back is dropped by its pool; the first error is the one to tell.
                try? await session.runScript("rollback")
                throw error
            }
        }
    }

    private static func passage(_ row: inout CopyRow) throws -> Passage {
        let chunk = try row.int64()
        guard let kind = SourceKind(rawValue: try row.text()) else { throw PostgresError.undecodable("source_kind") }
        let source = SourceReference(kind: kind, id: try row.uuid())
        let ordinal = Int(try row.int32())
        guard let scope = Scope(try row.text()) else { throw PostgresError.undecodable("scope") }
        var passage = Passage(
            chunk: chunk,
            source: source,
            scope: scope,
            conversation: try row.optionalUUID().map { ConversationID($0) },
            author: try row.optionalUUID().map { UserID($0) },
            authorName: try row.optionalText(),
            title: try row.optionalText(),
            createdAt: try row.date(),
            startsAt: try row.optionalDate(),
            endsAt: try row.optionalDate(),
            ordinal: ordinal,
            text: try row.text(),
            embeddings: [:]
        )
        passage.embeddings[.passage] = try row.floats()
        passage.embeddings[.beginning] = try row.floats()
        passage.codes = try row.bytes().map(PieceCodes.init(bytes:)) ?? PieceCodes()
        return passage
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
