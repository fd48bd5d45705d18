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

    /// - Parameter ids: for the chunks, as many as there are.
    func write(_ results: [IndexedSource], _ ids: [Int64], in generation: Int32) async throws {
        guard !results.isEmpty else { return }
        let sources = results.map(\.job.source)
        let items = results.flatMap { result in
            result.document.map { document in result.chunks.map { (document, $0) } } ?? []
        }
        let rows = zip(ids, items).map { ChunkRow(id: $0, document: $1.0, item: $1.1) }
        try await transaction.run(
            [
                """
                delete from chunks
                where id = any (array(
                    select old.id
                    from unnest(
                        \(BinaryArray.texts(sources.map { $0.kind.rawValue }))::text[],
                        \(BinaryArray.uuids(sources.map { $0.id }))::uuid[]
                    ) as source (kind, id)
                    -- Each by the index: a plan from when the table was small would read all of it.
                    cross join lateral (
                        select chunks.id from chunks
                        where source_kind = source.kind and source_id = source.id and generation_id = \(generation)
                        offset 0
                    ) as old
                ))
                """
            ] + (rows.isEmpty ? [] : [Self.chunks(rows, generation), Self.vectors(rows)])
        )
        try await finishFiles(results)
        try await transaction.run("delete from index_jobs where id = any (\(results.map(\.job.id))::bigint[])")
    }

    private struct ChunkRow {
        let id: Int64
        let document: SourceDocument
        let item: EmbeddedChunk
    }

    /// The scope is asked of the database in this very transaction: what the worker read may be older.
    private static func chunks(_ rows: [ChunkRow], _ generation: Int32) -> Statement {
        """
        insert into chunks (
            id, generation_id, source_kind, source_id, ordinal, scope, conversation_id, author_id, author_name,
            title, created_at, starts_at, ends_at, locator, text, content_hash)
        overriding system value
        select given.id, \(generation)::integer, source_kind, source_id, ordinal, scope, conversation, author,
            author_name, title, given.created_at, starts_at, ends_at, locator, text, hash
        from unnest(
            \(BinaryArray.longs(rows.map(\.id)))::bigint[],
            \(BinaryArray.texts(rows.map { $0.document.source.kind.rawValue }))::text[],
            \(BinaryArray.uuids(rows.map { $0.document.source.id }))::uuid[],
            \(BinaryArray.integers(rows.map(\.item.chunk.ordinal)))::integer[],
            \(BinaryArray.uuids(rows.map { $0.document.conversation?.uuid }))::uuid[],
            \(BinaryArray.uuids(rows.map { $0.document.author?.uuid }))::uuid[],
            \(BinaryArray.texts(rows.map { $0.document.authorName }))::text[],
            \(BinaryArray.texts(rows.map { $0.document.title }))::text[],
            \(BinaryArray.times(rows.map { $0.document.createdAt }))::timestamptz[],
            \(BinaryArray.times(rows.map { $0.document.startsAt }))::timestamptz[],
            \(BinaryArray.times(rows.map { $0.document.endsAt }))::timestamptz[],
            \(BinaryArray.texts(rows.map { $0.item.chunk.locator }))::text[],
            \(BinaryArray.texts(rows.map { $0.item.chunk.text }))::text[],
            \(BinaryArray.bytes(rows.map(\.item.contentHash)))::bytea[]
        ) as given (
            id, source_kind, source_id, ordinal, conversation, author, author_name, title, created_at, starts_at,
            ends_at, locator, text, hash)
        -- What is asked of all messages at once costs a tenth of the function.
        left join messages on source_kind = 'message' and messages.id = source_id
        cross join lateral (
            select case source_kind
                when 'message' then 'conversation:' || messages.conversation_id
                else labsync.scope_of(source_kind, source_id)
            end as scope
        ) as audience
        where scope is not null
        """
    }

    private static func vectors(_ rows: [ChunkRow]) -> Statement {
        var (ids, facets, embeddings): ([Int64], [Int], [[UInt8]]) = ([], [], [])
        func add(_ id: Int64, _ facet: Facet, _ bytes: [UInt8]) {
            ids.append(id)
            facets.append(Int(facet.rawValue))
            embeddings.append(bytes)
        }
        for row in rows {
            for (facet, vector) in row.item.vectors { add(row.id, facet, vector.littleEndianBytes) }
            if !row.item.codes.isEmpty { add(row.id, .pieces, row.item.codes.bytes) }
        }
        return """
            insert into vectors (chunk_id, facet, embedding)
            select chunk, facet, embedding
            from unnest(
                \(BinaryArray.longs(ids))::bigint[], \(BinaryArray.integers(facets))::integer[],
                \(BinaryArray.bytes(embeddings))::bytea[]
            ) as vector (chunk, facet, embedding)
            -- A source that has no audience has no chunks.
            where exists (select from chunks where chunks.id = vector.chunk)
            """
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
