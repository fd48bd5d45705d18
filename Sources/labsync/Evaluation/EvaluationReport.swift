import Foundation
import Retrieval

/// Quality of each leg, and of the fused ranking by category.
struct EvaluationReport: Sendable, Encodable {
    var dense = EvaluationMetrics()
    var lexical = EvaluationMetrics()
    var fused = EvaluationMetrics()
    var categories: [String: EvaluationMetrics] = [:]

    /// 95 % intervals of recall@10 and nDCG@10 stand beside them.
    var table: String {
        let rows =
            [("dense", dense), ("lexical", lexical), ("fused", fused)]
            + categories.sorted { $0.key < $1.key }.map { ("  \($0.key)", $0.value) }
        let lines = rows.map { name, metrics in
            String(
                format: "%@ %8.3f %10.3f %@ %8.3f %@ %6.3f %8d",
                name.padding(toLength: 20, withPad: " ", startingAt: 0),
                metrics.recallAt5,
                metrics.recallAt10,
                Self.text(metrics.recallAt10Interval),
                metrics.ndcgAt10,
                Self.text(metrics.ndcgAt10Interval),
                metrics.mrr,
                metrics.queries
            )
        }
        let head = "                     recall@5  recall@10 (95 %)         nDCG@10 (95 %)            MRR  queries"
        return ([head] + lines).joined(separator: "\n")
    }

    private static func text(_ interval: ClosedRange<Double>) -> String {
        String(format: "(%.3f–%.3f)", interval.lowerBound, interval.upperBound)
    }
}
