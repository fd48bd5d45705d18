import Domain
import Foundation
import Ingest
import Retrieval

/// Replaces the chunks of sources in the transaction that completes their jobs.
struct ChunkWriter {
    private let transaction: Transaction

    init(_ transaction: Transaction) {
        self.transaction = transaction
    }

    func write(_ results: [IndexedSource], in generation: Int32) async throws {
        guard !results.isEmpty else { return }
        let sources = results.map(\.job.source)
        try await transaction.run(
            """
            delete from chunks
            using unnest(\(sources.map(\.kind.rawValue))::text[], \(sources.map(\.id))::uuid[]) as old (kind, id)
            where chunks.source_kind = old.kind and chunks.source_id = old.id and generation_id = \(generation)
            """
        )
        let rows = results.flatMap { result in result.document.map { Self.rows($0, result.chunks) } ?? [] }
        try await insert(rows, in: generation)
        try await finishFiles(results)
        try await transaction.run("delete from index_jobs where id = any (\(results.map(\.job.id))::bigint[])")
    }

    private struct ChunkRow: Encodable {
        let sourceKind: String
        let sourceId: UUID
        let ordinal: Int
        let conversation: ConversationID?
        let author: UserID?
        let authorName: String?
        let title: String?
        let createdAt: String
        let startsAt: String?
        let endsAt: String?
        let locator: String?
        let text: String
        let hash: String
        let vectors: [String: String]
    }

    private static func rows(_ document: SourceDocument, _ chunks: [EmbeddedChunk]) -> [ChunkRow] {
        chunks.map { item in
            ChunkRow(
                sourceKind: document.source.kind.rawValue,
                sourceId: document.source.id,
                ordinal: item.chunk.ordinal,
                conversation: document.conversation,
                author: document.author,
                authorName: document.authorName,
                title: document.title,
                createdAt: document.createdAt.postgresText,
                startsAt: document.startsAt?.postgresText,
                endsAt: document.endsAt?.postgresText,
                locator: item.chunk.locator,
                text: item.chunk.text,
                hash: item.contentHash.postgresText,
                vectors: stored(item)
            )
        }
    }

    /// By facet.
    private static func stored(_ item: EmbeddedChunk) -> [String: String] {
        var bytes = item.vectors.mapValues(\.littleEndianBytes)
        if !item.codes.isEmpty { bytes[.pieces] = item.codes.bytes }
        return Dictionary(uniqueKeysWithValues: bytes.map { ("\($0.rawValue)", $1.postgresText) })
    }

    /// The scope is asked of the database in this very transaction: what the worker read may be older.
    private func insert(_ rows: [ChunkRow], in generation: Int32) async throws {
        guard !rows.isEmpty else { return }
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        let json = String(decoding: try encoder.encode(rows), as: UTF8.self)
        try await transaction.run(
            """
            with given as materialized (
                select * from jsonb_to_recordset(\(json)::jsonb) as given (
                    source_kind text, source_id uuid, ordinal integer, conversation uuid,
                    author uuid, author_name text, title text, created_at timestamptz, starts_at timestamptz,
                    ends_at timestamptz, locator text, text text, hash text, vectors jsonb)
            ),
            made as (
                insert into chunks (
                    generation_id, source_kind, source_id, ordinal, scope, conversation_id, author_id, author_name,
                    title, created_at, starts_at, ends_at, locator, text, content_hash)
                select \(generation)::integer, source_kind, source_id, ordinal, scope, conversation, author, author_name,
                    title, created_at, starts_at, ends_at, locator, text, hash::bytea
                from given, lateral labsync.scope_of(source_kind, source_id) as scope
                where scope is not null
                returning id, source_kind, source_id, ordinal
            )
            insert into vectors (chunk_id, facet, embedding)
            select made.id, vector.key::smallint, vector.value::bytea
            from made
            join given on given.source_kind = made.source_kind and given.source_id = made.source_id
                and given.ordinal = made.ordinal,
                lateral jsonb_each_text(given.vectors) as vector
            """
        )
    }

    private func finishFiles(_ results: [IndexedSource]) async throws {
        let files = results.filter { $0.job.source.kind == .file && $0.document != nil }
        guard !files.isEmpty else { return }
        for file in files {
            guard let text = file.extractedText else { continue }
            try await transaction.run(
                """
                insert into file_texts (file_id, text, sections)
                values (\(file.job.source.id), \(text.storedText), \(try text.storedSections)::jsonb)
                on conflict (file_id) do update
                set text = excluded.text, sections = excluded.sections, extracted_at = now()
                """
            )
        }
        let read = files.filter { $0.refusal == nil }
        try await transaction.run([
            """
            update files set state = 'indexed', state_reason = nullif(read.note, '')
            from unnest(
                \(read.map(\.job.source.id))::uuid[], \(read.map { $0.note ?? "" })::text[]
            ) as read (id, note)
            where files.id = read.id and files.state = 'queued'
            """,
            """
            update files set state = 'unindexable', state_reason = refused.reason
            from unnest(
                \(files.filter { $0.refusal != nil }.map(\.job.source.id))::uuid[],
                \(files.compactMap(\.refusal))::text[]
            ) as refused (id, reason)
            where files.id = refused.id
            """,
        ])
    }
}
