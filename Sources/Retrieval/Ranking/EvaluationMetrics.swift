import Foundation

/// Mean quality of rankings against judgements, with what chance in the choice of questions may have added.
public struct EvaluationMetrics: Sendable, Encodable {
    private var recallsAt5: [Double] = []
    private var recallsAt10: [Double] = []
    private var ndcgsAt10: [Double] = []
    private var reciprocalRanks: [Double] = []

    public var recallAt5: Double { recallsAt5.mean }
    public var recallAt10: Double { recallsAt10.mean }
    public var ndcgAt10: Double { ndcgsAt10.mean }
    public var mrr: Double { reciprocalRanks.mean }
    public var queries: Int { recallsAt10.count }
    /// Of 100 such sets of questions 95 would have their mean in here.
    public var recallAt10Interval: ClosedRange<Double> { Bootstrap.interval(of: recallsAt10) }
    public var ndcgAt10Interval: ClosedRange<Double> { Bootstrap.interval(of: ndcgsAt10) }

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
        recallsAt5.append(recall(5))
        recallsAt10.append(recall(10))
        ndcgsAt10.append(ideal > 0 ? found / ideal : 0)
        reciprocalRanks.append(ranking.firstIndex { gains[$0] != nil }.map { 1 / Double($0 + 1) } ?? 0)
    }

    private static func discounted(_ gains: some Sequence<Double>) -> Double {
        gains.enumerated().reduce(0) { $0 + $1.element / log2(Double($1.offset) + 2) }
    }

    private enum CodingKeys: String, CodingKey {
        case recallAt5 = "recall@5"
        case recallAt10 = "recall@10"
        case ndcgAt10 = "ndcg@10"
        case mrr
        case queries
        case recallAt10Interval = "recall@10_interval"
        case ndcgAt10Interval = "ndcg@10_interval"
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(recallAt5, forKey: .recallAt5)
        try container.encode(recallAt10, forKey: .recallAt10)
        try container.encode(ndcgAt10, forKey: .ndcgAt10)
        try container.encode(mrr, forKey: .mrr)
        try container.encode(queries, forKey: .queries)
        try container.encode(recallAt10Interval, forKey: .recallAt10Interval)
        try container.encode(ndcgAt10Interval, forKey: .ndcgAt10Interval)
    }
}

/// How far a mean may be off, told by drawing the same values again and again (Efron 1979).
enum Bootstrap {
    private static let draws = 1000

    /// The middle 95 % of the means of `draws` samples with replacement; the same values have the same interval.
    static func interval(of values: [Double]) -> ClosedRange<Double> {
        guard !values.isEmpty else { return 0...0 }
        var generator = SplitMix64(state: 1)
        let means = (0..<draws).map { _ in
            values.indices.reduce(0) { sum, _ in sum + values[Int.random(in: values.indices, using: &generator)] }
                / Double(values.count)
        }.sorted()
        return means[draws * 25 / 1000]...means[draws * 975 / 1000]
    }

    /// Steele, Lea and Flood 2014.
    private struct SplitMix64: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9e37_79b9_7f4a_7c15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
            return mixed ^ (mixed >> 31)
        }
    }
}

extension [Double] {
    fileprivate var mean: Double { isEmpty ? 0 : reduce(0, +) / Double(count) }
}
