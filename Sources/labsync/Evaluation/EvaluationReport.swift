import Foundation
import Retrieval

/// Quality of each leg, and of the fused ranking by category.
struct EvaluationReport: Sendable, Encodable {
    var dense = EvaluationMetrics()
    var lexical = EvaluationMetrics()
    var fused = EvaluationMetrics()
    var categories: [String: EvaluationMetrics] = [:]

    var table: String {
        let rows =
            [("dense", dense), ("lexical", lexical), ("fused", fused)]
            + categories.sorted { $0.key < $1.key }.map { ("  \($0.key)", $0.value) }
        let lines = rows.map { name, metrics in
            String(
                format: "%@ %8.3f %9.3f %8.3f %6.3f %8d",
                name.padding(toLength: 20, withPad: " ", startingAt: 0),
                metrics.recallAt5,
                metrics.recallAt10,
                metrics.ndcgAt10,
                metrics.mrr,
                metrics.queries
            )
        }
        return (["                     recall@5 recall@10  nDCG@10    MRR  queries"] + lines).joined(separator: "\n")
    }
}
