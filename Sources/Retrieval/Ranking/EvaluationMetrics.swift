import Foundation

/// Mean quality of rankings against judgements.
public struct EvaluationMetrics: Sendable, Codable, Equatable {
    public private(set) var recallAt5 = 0.0
    public private(set) var recallAt10 = 0.0
    public private(set) var ndcgAt10 = 0.0
    public private(set) var mrr = 0.0
    public private(set) var queries = 0

    enum CodingKeys: String, CodingKey {
        case recallAt5 = "recall@5"
        case recallAt10 = "recall@10"
        case ndcgAt10 = "ndcg@10"
        case mrr
        case queries
    }

    public init() {}

    /// - Parameters:
    ///   - ranking: documents, best first.
    ///   - gains: what each relevant document is worth, above 0.
    public mutating func add(_ ranking: [String], gains: [String: Double]) {
        guard !gains.isEmpty else { return }
        func recall(_ k: Int) -> Double {
            Double(ranking.prefix(k).count { gains[$0] != nil }) / Double(gains.count)
        }
        let ideal = Self.discounted(gains.values.sorted(by: >).prefix(10))
        let found = Self.discounted(ranking.prefix(10).map { gains[$0] ?? 0 })
        let first = ranking.firstIndex { gains[$0] != nil }
        take(recall(5), into: \.recallAt5)
        take(recall(10), into: \.recallAt10)
        take(ideal > 0 ? found / ideal : 0, into: \.ndcgAt10)
        take(first.map { 1 / Double($0 + 1) } ?? 0, into: \.mrr)
        queries += 1
    }

    /// Keeps a running mean.
    private mutating func take(_ value: Double, into mean: WritableKeyPath<Self, Double>) {
        self[keyPath: mean] += (value - self[keyPath: mean]) / Double(queries + 1)
    }

    private static func discounted(_ gains: some Sequence<Double>) -> Double {
        gains.enumerated().reduce(0) { $0 + $1.element / log2(Double($1.offset) + 2) }
    }
}
