import Dispatch
import Foundation
import Synchronization

/// all-MiniLM-L6-v2 in process: 384 numbers a text, of which it reads the first 254 word pieces.
public final class MiniLM: Embedder {
    public static let modelName = "all-MiniLM-L6-v2"

    public let name = MiniLM.modelName
    public let dimension = BertWeights.width
    public let tokenizer: WordPiece

    /// Tokens in one pass: enough to keep the matrix products busy, little enough for the caches.
    private static let passSize = 384

    private let encoder: BertEncoder
    /// Encoding takes whole cores for long: never on Swift's shared threads.
    private let bulk: [DispatchQueue]
    private let nextQueue = Mutex(0)
    /// Single questions do not queue behind bulk work.
    private let prompt = DispatchQueue(label: "labsync.encoder.prompt", qos: .userInitiated)

    /// - Parameters:
    ///   - directory: holds `model.safetensors` and `vocab.txt`.
    ///   - width: threads for bulk work.
    ///   - precision: half where the processor has it loses nothing that can be measured (docs/PERFORMANCE.md).
    public init(directory: String, width: Int = 1, precision: EncoderPrecision = .half) throws {
        guard let vocabulary = try? String(contentsOfFile: "\(directory)/vocab.txt", encoding: .utf8) else {
            throw ModelError("The embedding model is missing: cannot read \(directory)/vocab.txt.")
        }
        // The file ends with a line feed, after which there is no piece.
        tokenizer = WordPiece(vocabulary: vocabulary.hasSuffix("\n") ? String(vocabulary.dropLast()) : vocabulary)
        let file = try SafeTensors(path: "\(directory)/model.safetensors")
        encoder = BertEncoder(weights: try BertWeights(file, vocabulary: tokenizer.count, precision))
        bulk = (0..<max(1, width)).map { DispatchQueue(label: "labsync.encoder.bulk.\($0)", qos: .utility) }
    }

    public func embed(_ texts: [String]) async throws -> [[Float]] {
        try await encode(texts).map(\.vector)
    }

    public func encode(_ texts: [String]) async throws -> [TextEncoding] {
        if texts.count == 1 {
            let text = texts[0]
            return await run(on: prompt) { [encoder, tokenizer] in encoder.encode([tokenizer.tokens(of: text)]) }
        }
        let passes = Self.passes(texts.map(tokenizer.tokens))
        var encodings = [TextEncoding](repeating: TextEncoding(vector: []), count: texts.count)
        try await withThrowingTaskGroup(of: ([Int], [TextEncoding]).self) { group in
            var remaining = passes[...]
            func startNext() {
                guard let pass = remaining.popFirst() else { return }
                group.addTask { [self] in
                    try Task.checkCancellation()
                    let queue = nextQueue.withLock { next in
                        next = (next + 1) % bulk.count
                        return bulk[next]
                    }
                    return (pass.map(\.index), await run(on: queue) { [encoder] in encoder.encode(pass.map(\.tokens)) })
                }
            }
            for _ in bulk { startNext() }
            while let (indices, results) = try await group.next() {
                for (index, encoding) in zip(indices, results) { encodings[index] = encoding }
                startNext()
            }
        }
        return encodings
    }

    /// The same of token numbers, on the calling thread: for measuring.
    public func encode(tokens sentences: [[Int32]]) -> [TextEncoding] {
        var encodings = [TextEncoding](repeating: TextEncoding(vector: []), count: sentences.count)
        for pass in Self.passes(sentences) {
            for (item, encoding) in zip(pass, encoder.encode(pass.map(\.tokens))) { encodings[item.index] = encoding }
        }
        return encodings
    }

    private struct Item: Sendable {
        let index: Int
        let tokens: [Int32]
    }

    /// Neighbours in length share a pass, so that attention buffers fit.
    private static func passes(_ sentences: [[Int32]]) -> [[Item]] {
        var passes: [[Item]] = []
        var pass: [Item] = []
        var size = 0
        let sorted = sentences.enumerated().sorted { ($0.element.count, $0.offset) < ($1.element.count, $1.offset) }
        for (index, tokens) in sorted {
            if size + tokens.count > passSize, !pass.isEmpty {
                passes.append(pass)
                (pass, size) = ([], 0)
            }
            pass.append(Item(index: index, tokens: tokens))
            size += tokens.count
        }
        if !pass.isEmpty { passes.append(pass) }
        return passes
    }

    private func run<Result: Sendable>(
        on queue: DispatchQueue,
        _ work: @escaping @Sendable () -> Result
    ) async -> Result {
        await withCheckedContinuation { continuation in queue.async { continuation.resume(returning: work()) } }
    }
}
