import Domain
import Foundation
import Ingest
public import Retrieval

/// Reading a whole generation: a million passages in seconds.
extension PassageStore {
    /// Fewer are read by one connection.
    private static let fewestShared = 50_000

    public func passages(of generation: Int32, for index: SearchIndex) async throws -> IndexLoader {
        try await database.withConnection { session in
            try await Self.reading(session, in: nil) {
                let expected = try await expected(of: generation, session)
                let loader = IndexLoader(for: index, expecting: expected)
                guard expected.reduce(0, { $0 + $1.count }) >= Self.fewestShared else {
                    try await copy(generation, share: (0, 1), session, to: loader)
                    return loader
                }
                // Both see the same moment. Scopes are divided: each has one reader.
                let snapshot: String = try await session.query("select pg_export_snapshot() as name")[0].get("name")
                try await withThrowingTaskGroup { group in
                    group.addTask {
                        try await database.withConnection { other in
                            try await Self.reading(other, in: snapshot) {
                                try await copy(generation, share: (1, 2), other, to: loader)
                            }
                        }
                    }
                    try await copy(generation, share: (0, 2), session, to: loader)
                    try await group.waitForAll()
                }
                return loader
            }
        }
    }

    /// Counted in the snapshot that is read, so that each vector has its place before it comes.
    private func expected(of generation: Int32, _ session: Session) async throws -> [ExpectedPassages] {
        try await session.query(
            """
            select scope, source_kind = 'file' as is_file, count(*) as count from chunks
            where generation_id = \(generation) group by scope, is_file
            """
        ).map { row in
            let scope: String = try row.get("scope")
            guard let scope = Scope(scope) else { throw PostgresError.undecodable("scope") }
            return ExpectedPassages(
                scope: scope,
                areOfFiles: try row.get("is_file"),
                count: Int(try row.get("count") as Int64)
            )
        }
    }

    /// - Parameter snapshot: one that another transaction has exported; nil is that of now.
    private static func reading<Result: Sendable>(
        _ session: Session,
        in snapshot: String?,
        _ body: () async throws -> Result
    ) async throws -> Result {
        let shared = snapshot.map { "; set transaction snapshot '\($0)'" } ?? ""
        // Chunks and vectors lie in the order of their ids: to
        // merge them is to read them once, to hash them would be to write them down first.
        return try await session.withLongTransaction(
            """
            begin isolation level repeatable read read only\(shared);
            set local max_parallel_workers_per_gather = 0; set local enable_hashjoin = off;
            set local enable_nestloop = off; set local jit = off
            """,
            body
        )
    }

    private func copy(
        _ generation: Int32,
        share: (number: Int, of: Int),
        _ session: Session,
        to loader: IndexLoader
    ) async throws {
        // `copy` takes no parameters; all that is put in are numbers.
        let sql = """
            copy (
                select chunks.id, source_kind, source_id, ordinal, scope, conversation_id, author_id, author_name, title,
                    created_at, starts_at, ends_at, text,
                    \(readsVectors ? "own.embedding, beginning.embedding" : "null::bytea, null::bytea"), pieces.embedding
                from chunks
                join vectors as own on own.chunk_id = chunks.id and own.facet = 0
                left join vectors as beginning on beginning.chunk_id = chunks.id and beginning.facet = 1
                left join vectors as pieces on pieces.chunk_id = chunks.id and pieces.facet = 2
                where generation_id = \(generation) and abs(hashtext(scope)::bigint) % \(share.of) = \(share.number)
            ) to stdout (format binary)
            """
        let reading = Reading(for: loader)
        try await session.copyOut(sql) { try reading.read(&$0) }
    }
}

/// Reads rows into an index, and knows what many of them have in common.
private final class Reading: @unchecked Sendable {  // Used by one connection's thread, row after row.
    private let adding: IndexLoader.Adding
    private var scopes = Remembered<Scope> { Scope(String(decoding: $0, as: UTF8.self)) }
    private var texts = Remembered<String> { String(decoding: $0, as: UTF8.self) }

    init(for loader: IndexLoader) {
        adding = loader.adding()
    }

    func read(_ row: inout CopyRow) throws {
        let chunk = try row.int64()
        guard let kind = SourceKind(rawValue: try row.text()) else { throw PostgresError.undecodable("source_kind") }
        let source = SourceReference(kind: kind, id: try row.uuid())
        let ordinal = Int(try row.int32())
        guard let scope = try row.raw().flatMap({ scopes[$0] }) else { throw PostgresError.undecodable("scope") }
        var passage = Passage(
            chunk: chunk,
            source: source,
            scope: scope,
            conversation: try row.optionalUUID().map { ConversationID($0) },
            author: try row.optionalUUID().map { UserID($0) },
            authorName: try row.raw().flatMap { texts[$0] },
            title: try row.raw().flatMap { texts[$0] },
            createdAt: try row.date(),
            startsAt: try row.optionalDate(),
            endsAt: try row.optionalDate(),
            ordinal: ordinal,
            text: try row.text(),
            embeddings: [:]
        )
        let vector = try row.raw()
        if let beginning = try row.floats() { passage.embeddings[.beginning] = beginning }
        if let codes = try row.bytes() { passage.codes = PieceCodes(bytes: codes) }
        try adding.add(passage, vector: vector)
    }
}

/// Values that many rows have, each made once and shared: names, titles, scopes.
private struct Remembered<Value> {
    /// More would be no common ones.
    private static var most: Int { 1 << 16 }

    private var known: [Int: (bytes: [UInt8], value: Value?)] = [:]
    private let make: (UnsafeRawBufferPointer) -> Value?

    init(_ make: @escaping (UnsafeRawBufferPointer) -> Value?) {
        self.make = make
    }

    subscript(bytes: UnsafeRawBufferPointer) -> Value? {
        mutating get {
            var hasher = Hasher()
            hasher.combine(bytes: bytes)
            let hash = hasher.finalize()
            if let found = known[hash], found.bytes.elementsEqual(bytes) { return found.value }
            let value = make(bytes)
            if known.count >= Self.most { known = [:] }
            known[hash] = (Array(bytes), value)
            return value
        }
    }
}
