import Crypto
import Domain
import Foundation
import Retrieval

/// Indexes leased jobs: reads their sources, cuts them, embeds what is new and stores it all.
struct IndexBatch: Sendable {
    /// Chunks in memory at once, more or less: the last source may add its own thousands.
    private static let largestPortion = 512

    let queue: any JobQueue
    let planner: ChunkPlanner

    private struct Item {
        let job: IndexJob
        var document: SourceDocument?
        var plan = ChunkPlan(chunks: [])
        var refusal: String?
    }

    func index(
        _ jobs: [IndexJob],
        _ documents: [SourceReference: SourceDocument],
        _ generation: IndexGeneration,
        _ embedder: any Embedder
    ) async throws {
        var portion: [Item] = []
        var size = 0
        for job in jobs {
            let item = try await planned(job, documents[job.source])
            portion.append(item)
            size += item.plan.chunks.count
            guard size >= Self.largestPortion else { continue }
            try await store(portion, generation, embedder)
            (portion, size) = ([], 0)
        }
        if !portion.isEmpty { try await store(portion, generation, embedder) }
    }

    private func planned(_ job: IndexJob, _ document: SourceDocument?) async throws -> Item {
        guard let document else { return Item(job: job) }
        do {
            return Item(job: job, document: document, plan: try await planner.plan(for: document))
        } catch let refusal as UnindexableFile {
            return Item(job: job, document: document, refusal: refusal.reason)
        }
    }

    private func store(_ items: [Item], _ generation: IndexGeneration, _ embedder: any Embedder) async throws {
        let embedded = try await embed(items.map { ($0.job.source, $0.plan.chunks) }, generation, embedder)
        try await queue.complete(
            zip(items, embedded).map { item, chunks in
                IndexedSource(
                    job: item.job,
                    document: item.document,
                    chunks: chunks,
                    extractedText: item.plan.extractedText,
                    note: item.plan.note,
                    refusal: item.refusal
                )
            },
            in: generation.id
        )
    }

    /// One call of the embedder for everything that has no vectors yet.
    private func embed(
        _ sources: [(SourceReference, [Chunk])],
        _ generation: IndexGeneration,
        _ embedder: any Embedder
    ) async throws -> [[EmbeddedChunk]] {
        let stored = try await queue.storedVectors(of: sources.map(\.0), in: generation.id)
        var texts: [String] = []
        var places: [(source: Int, chunk: Int, facet: Facet)] = []
        var result = [[EmbeddedChunk]](repeating: [], count: sources.count)
        for (index, (source, chunks)) in sources.enumerated() {
            for (position, chunk) in chunks.enumerated() {
                let hash = Self.hash(of: chunk)
                let known = stored.vectors(of: source, hash: hash, facets: chunk.embedded.keys)
                let codes = stored.codes(of: source, hash: hash) ?? PieceCodes()
                result[index].append(EmbeddedChunk(chunk, contentHash: hash, vectors: known ?? [:], codes: codes))
                guard known == nil else { continue }
                for (facet, text) in chunk.embedded {
                    texts.append(text)
                    places.append((index, position, facet))
                }
            }
        }
        guard !texts.isEmpty else { return result }
        let fresh = try await embedder.encode(texts)
        try check(fresh, count: texts.count, generation, embedder)
        for (place, encoding) in zip(places, fresh) {
            result[place.source][place.chunk].vectors[place.facet] = encoding.vector
            if place.facet == .passage, Recipe.keepsPieces(of: sources[place.source].0.kind) {
                result[place.source][place.chunk].codes = PieceCodes(encoding.pieces, dimension: generation.dimension)
            }
        }
        return result
    }

    private func check(
        _ encodings: [TextEncoding],
        count: Int,
        _ generation: IndexGeneration,
        _ embedder: any Embedder
    ) throws {
        let isSound =
            encodings.count == count
            && encodings.allSatisfy { encoding in
                encoding.vector.count == generation.dimension && encoding.vector.allSatisfy(\.isFinite)
            }
        guard isSound else { throw EmbeddingMismatch(expected: generation.dimension, model: embedder.name) }
    }

    private static func hash(of chunk: Chunk) -> [UInt8] {
        var hasher = SHA256()
        for facet in chunk.embedded.keys.sorted(by: { $0.rawValue < $1.rawValue }) {
            hasher.update(data: Data("\(facet.rawValue)\0\(chunk.embedded[facet] ?? "")\0".utf8))
        }
        return Array(hasher.finalize())
    }
}

/// The embedder answered with something that is not one vector of the right length for each text.
public struct EmbeddingMismatch: Error, CustomStringConvertible {
    let expected: Int
    let model: String

    public var description: String { "\(model) did not return one vector of \(expected) finite numbers for each text" }
}
