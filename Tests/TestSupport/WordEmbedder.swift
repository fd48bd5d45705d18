public import Retrieval

/// An embedder without a model: texts that share words are alike. The same text always has the same vector.
public struct WordEmbedder: Embedder {
    public let name: String
    public let dimension: Int
    private let before: @Sendable () async throws -> Void

    /// - Parameter before: done before texts are embedded.
    public init(
        name: String = "words",
        dimension: Int = 64,
        before: @escaping @Sendable () async throws -> Void = {}
    ) {
        self.name = name
        self.dimension = dimension
        self.before = before
    }

    public func embed(_ texts: [String]) async throws -> [[Float]] {
        try await before()
        return texts.map { text in
            var vector = [Float](repeating: 0.001, count: dimension)
            for word in text.lowercased().split(whereSeparator: { !$0.isLetter && !$0.isNumber }) {
                // FNV-1a: the same in every run.
                let hash = word.utf8.reduce(UInt64(0xcbf2_9ce4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
                vector[Int(hash % UInt64(dimension))] += 1
            }
            let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
            return vector.map { $0 / length }
        }
    }
}

/// Numbers that are random enough for worlds and the same for the same seed (SplitMix64, Steele et al. 2014).
public struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    public init(seed: UInt64) {
        state = seed
    }

    public mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
