import Crypto
public import Domain
import Foundation
public import Logging
public import Retrieval

/// Turns index jobs into chunks and vectors: leases, reads, embeds, stores. Any number may run at once, anywhere.
public struct IndexWorker: Sendable {
    public static let lease: Duration = .seconds(30)
    package static let batchSize = 64
    package static let maximumAttempts = 8
    /// How long an idle worker waits before it looks again, unless it is woken.
    private static let idleWait: Duration = .milliseconds(100)

    private let queue: any JobQueue
    private let planner: ChunkPlanner
    private let embedder: any Embedder
    private let logger: Logger

    public init(queue: any JobQueue, objects: any ObjectStore, embedder: any Embedder, logger: Logger) {
        self.queue = queue
        planner = ChunkPlanner(objects: objects)
        self.embedder = embedder
        self.logger = logger
    }

    /// Works until cancelled. A failure of the database is waited out: jobs keep until it is back.
    public func run() async throws {
        var pause = Self.idleWait
        while !Task.isCancelled {
            do {
                let done = try await workOnce()
                pause = Self.idleWait
                if done == 0 { try await Task.sleep(for: pause) }
            } catch is CancellationError {
                return
            } catch {
                logger.warning("index worker waits", metadata: ["error": "\(error)", "pause": "\(pause)"])
                try? await Task.sleep(for: pause)  // Cancellation ends the loop above.
                pause = min(pause * 2, .seconds(5))
            }
        }
    }

    /// Works until no job is ready.
    ///
    /// - Parameter progress: told how many jobs were finished, batch by batch.
    public func drain(progress: @Sendable (Int) -> Void = { _ in }) async throws {
        while true {
            let done = try await workOnce()
            if done == 0 { return }
            progress(done)
        }
    }

    /// Does one batch of jobs and says how many there were.
    package func workOnce() async throws -> Int {
        let jobs = try await queue.lease(limit: Self.batchSize, for: Self.lease)
        guard !jobs.isEmpty else { return 0 }
        do {
            try await work(on: jobs)
        } catch is CancellationError {
            throw CancellationError()
        } catch  where jobs.count > 1 {
            // One bad source must not hold up its neighbours: try each alone.
            logger.info("index batch failed; trying its jobs one by one", metadata: ["error": "\(error)"])
            for job in jobs { try await workAlone(on: job) }
        } catch {
            try await giveBack(jobs[0], error)
        }
        return jobs.count
    }

    private func workAlone(on job: IndexJob) async throws {
        do {
            try await work(on: [job])
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            try await giveBack(job, error)
        }
    }

    private func giveBack(_ job: IndexJob, _ error: any Error) async throws {
        let isFinal = job.attempts + 1 >= Self.maximumAttempts
        logger.warning(
            "index job failed",
            metadata: ["source": "\(job.source)", "attempt": "\(job.attempts + 1)", "error": "\(error)"]
        )
        let pause = Duration.seconds(min(300, 1 << job.attempts)) * Double.random(in: 0.5...1.5)
        try await queue.fail(job, reason: "\(error)", retryAfter: pause, isFinal: isFinal)
    }

    private func work(on jobs: [IndexJob]) async throws {
        let documents = try await queue.documents(for: jobs.map(\.source))
        var planned: [(job: IndexJob, document: SourceDocument?, plan: ChunkPlan)] = []
        for job in jobs {
            guard let document = documents[job.source] else {
                planned.append((job, nil, ChunkPlan(chunks: [])))
                continue
            }
            do {
                planned.append((job, document, try await planner.plan(for: document)))
            } catch let refusal as UnindexableFile {
                try await queue.markUnindexable(FileID(job.source.id), reason: refusal.reason)
                planned.append((job, document, ChunkPlan(chunks: [])))
            }
        }

        var embedded: [Int: [Int32: [EmbeddedChunk]]] = [:]
        for generation in try await queue.activeGenerations() where generation.embedder == embedder.name {
            for (index, chunks) in try await embed(planned.map { ($0.job.source, $0.plan.chunks) }, for: generation) {
                embedded[index, default: [:]][generation.id] = chunks
            }
        }
        try await queue.complete(
            planned.enumerated().map { index, item in
                IndexedSource(
                    job: item.job,
                    document: item.document,
                    chunks: embedded[index] ?? [:],
                    extractedText: item.plan.extractedText
                )
            }
        )
    }

    /// One call of the embedder for everything in the batch that has no vectors yet.
    private func embed(
        _ sources: [(SourceReference, [Chunk])],
        for generation: IndexGeneration
    ) async throws -> [Int: [EmbeddedChunk]] {
        let stored = try await queue.storedVectors(of: sources.map(\.0), in: generation.id)
        var texts: [String] = []
        var places: [(source: Int, chunk: Int, facet: Facet)] = []
        var result: [Int: [EmbeddedChunk]] = [:]
        for (index, (source, chunks)) in sources.enumerated() {
            result[index] = []
            for (position, chunk) in chunks.enumerated() {
                let hash = Self.hash(of: chunk)
                let known = stored.vectors(of: source, hash: hash, facets: chunk.embedded.keys)
                let codes = stored.codes(of: source, hash: hash) ?? PieceCodes()
                result[index]?.append(EmbeddedChunk(chunk, contentHash: hash, vectors: known ?? [:], codes: codes))
                guard known == nil else { continue }
                for (facet, text) in chunk.embedded {
                    texts.append(text)
                    places.append((index, position, facet))
                }
            }
        }
        guard !texts.isEmpty else { return result }
        let fresh = try await embedder.encode(texts)
        guard fresh.count == texts.count, fresh.allSatisfy({ $0.vector.count == generation.dimension }) else {
            throw EmbeddingMismatch(expected: generation.dimension, model: embedder.name)
        }
        for (place, encoding) in zip(places, fresh) {
            result[place.source]?[place.chunk].vectors[place.facet] = encoding.vector
            if place.facet == .passage, Recipe.keepsPieces(of: sources[place.source].0.kind) {
                let codes = PieceCodes(encoding.pieces, dimension: generation.dimension)
                result[place.source]?[place.chunk].codes = codes
            }
        }
        return result
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

    public var description: String { "\(model) did not return one vector of \(expected) numbers for each text" }
}
