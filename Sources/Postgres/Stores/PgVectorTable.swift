public import Domain
import Foundation
public import Retrieval

/// Vectors compared by PostgreSQL (pgvector), as labsync_app under Row-Level Security.
public struct PgVectorTable: VectorTable {
    /// Beyond so many visible passages a graph is asked, which may miss some; fewer are compared one by one.
    public static let mostCompared = 50_000
    /// Rows that the graph gives at most; pgvector takes no more.
    private static let graphReach = 1000

    private let database: Database
    private let mostCompared: Int

    /// - Parameter mostCompared: visible passages that are compared one by one.
    public init(_ database: Database, mostCompared: Int = Self.mostCompared) {
        self.database = database
        self.mostCompared = mostCompared
    }

    public func nearest(
        _ facets: [Facet],
        to question: [Float],
        _ limit: Int,
        in view: VectorView,
        for principal: Principal
    ) async throws -> [Facet: [StoredPassage]] {
        guard !view.scopes.isEmpty else { return [:] }
        // Only passages are many enough for a graph.
        let mayGraph = view.passages > mostCompared
        var statements = [Self.settings]
        for facet in facets {
            statements.append(Self.nearest(facet, question, limit, view, graphed: mayGraph && facet == .passage))
        }
        let outcomes = try await database.run(statements, as: principal).suffix(facets.count)
        var found: [Facet: [StoredPassage]] = [:]
        for (facet, outcome) in zip(facets, outcomes) { found[facet] = try outcome.rows.map(StoredPassage.init) }
        // Most of what the graph reached was not for the asker's eyes, so it has little to say of theirs.
        if mayGraph, facets.contains(.passage), found[.passage, default: []].count < limit {
            let statements = [Self.settings, Self.nearest(.passage, question, limit, view, graphed: false)]
            found[.passage] = try await database.run(statements, as: principal).last?.rows.map(StoredPassage.init)
        }
        return found
    }

    /// The graph is of vectors of a known dimension; a plan for vectors of any never takes it.
    private static func order(by question: [Float], graphed: Bool) -> Statement {
        guard graphed else { return "embedding <#> \(question.vectorText)::vector" }
        let type = Statement(stringLiteral: "vector(\(question.count))")
        return "embedding::\(type) <#> \(question.vectorText)::\(type)"
    }

    /// A plan for any list of scopes would compare each row's with one after the other of a thousand.
    private static let settings = Statement(
        stringLiteral: """
            select set_config('hnsw.ef_search', '\(graphReach)', true),
                set_config('plan_cache_mode', 'force_custom_plan', true)
            """
    )

    /// The generation stands in the text, as it does in the graph's condition: a plan for any generation has no graph.
    private static func nearest(
        _ facet: Facet,
        _ question: [Float],
        _ limit: Int,
        _ view: VectorView,
        graphed: Bool
    ) -> Statement {
        let order = order(by: question, graphed: graphed)
        let place = Statement(stringLiteral: "generation_id = \(view.generation) and facet = \(facet.rawValue)")
        return """
            select chunk_id, source_kind, source_id
            from passage_vectors
            where \(place) and scope = any (\(view.scopes.map(\.description))::text[])
                and (\(view.sources.map { $0.map(\.rawValue) })::text[] is null
                    or source_kind = any (\(view.sources.map { $0.map(\.rawValue) })::text[]))
                and (\(view.since)::timestamptz is null or ends_at >= \(view.since)::timestamptz)
                and (\(view.until)::timestamptz is null or begins_at < \(view.until)::timestamptz)
            order by \(order)
            limit \(limit)
            """
    }

    public func scores(
        of chunks: [ChunkID],
        with question: [Float],
        for principal: Principal
    ) async throws -> [Facet: [ChunkID: Float]] {
        let rows = try await database.query(
            """
            select chunk_id, facet, -(embedding <#> \(question.vectorText)::vector) as score
            from passage_vectors where chunk_id = any (\(chunks)::bigint[])
            """,
            as: principal
        )
        var scores: [Facet: [ChunkID: Float]] = [:]
        for row in rows {
            guard let facet = Facet(rawValue: try row.get("facet")) else { continue }
            scores[facet, default: [:]][try row.get("chunk_id")] = try row.get("score")
        }
        return scores
    }

    public func vectors(of chunks: [ChunkID], for principal: Principal) async throws -> [ChunkID: [Float]] {
        let rows = try await database.query(
            """
            select chunk_id, embedding::text as embedding
            from passage_vectors where chunk_id = any (\(chunks)::bigint[]) and facet = 0
            """,
            as: principal
        )
        return Dictionary(
            uniqueKeysWithValues: try rows.map { row in
                let text = try row.get("embedding", as: String.self)
                let numbers = text.dropFirst().dropLast().split(separator: ",")
                return (try row.get("chunk_id"), numbers.compactMap { Float($0) })
            }
        )
    }
}

extension [Float] {
    /// As pgvector reads and writes them.
    var vectorText: String { "[\(map(\.description).joined(separator: ","))]" }
}

extension StoredPassage {
    fileprivate init(_ row: Row) throws {
        self.init(chunk: try row.get("chunk_id"), source: try SourceReference(row))
    }
}
