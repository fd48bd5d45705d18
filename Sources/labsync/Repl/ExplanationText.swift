import Assistant
import Foundation

/// How an answer came about, as `/explain` shows it.
enum ExplanationText {
    /// - Returns: the JSON itself where it is not an explanation of this version.
    static func text(_ json: String) -> String {
        struct Explained: Decodable { let trace: AnswerTrace }
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .custom { decoder in
            let text = try decoder.singleValueContainer().decode(String.self)
            let fractional = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
            return try (try? Date(text, strategy: fractional)) ?? Date(text, strategy: .iso8601)
        }
        guard let trace = try? decoder.decode(Explained.self, from: Data(json.utf8)).trace else { return json }
        var lines = ["Searched for: \(trace.standalone)"]
        lines.append(
            "\(trace.scored) passages that you may see, index generation \(trace.generation.map(String.init) ?? "-")."
        )
        if trace.isLexicalOnly { lines.append("By words alone: the embedder did not answer.") }
        lines += trace.candidates.map(candidate)
        lines += leftOut(trace.dropped.map(\.reason))
        let times = trace.timings.sorted { $0.key < $1.key }.map { "\($0.key) \(figure($0.value)) ms" }
        return (lines + [times.joined(separator: ", ")]).joined(separator: "\n")
    }

    /// What never came near the answer: so many, not which.
    private static func leftOut(_ reasons: [String]) -> [String] {
        let counts = Dictionary(reasons.map { ($0, 1) }, uniquingKeysWith: +)
        return counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
            .map { reason, count in "left out: \(count) passage\(count == 1 ? "" : "s"): \(reason)" }
    }

    private static func candidate(_ candidate: AnswerTrace.Candidate) -> String {
        let legs = candidate.legs.sorted { $0.key < $1.key }.map { leg, score in
            let rank = candidate.ranks?[leg].map { " (rank \($0))" } ?? ""
            return "\(leg) \(figure(score))\(rank)"
        }
        let bonuses = candidate.bonuses.sorted { $0.key < $1.key }.map { "+ \($0.key) \(figure($0.value))" }
        let days = Int((candidate.age / 86_400).rounded())
        var lines = ["\(candidate.rank). \(candidate.source)  \(figure(candidate.score)), \(days) days old"]
        lines.append("   " + (legs + bonuses).joined(separator: ", "))
        let judged = [("likeness", candidate.similarity), ("share of words", candidate.share)]
            .compactMap { name, value in value.map { "\(name) \(figure($0))" } }
        if !judged.isEmpty { lines.append("   " + judged.joined(separator: ", ")) }
        if let reason = candidate.dropped { lines.append("   not used: \(reason)") }
        return lines.joined(separator: "\n")
    }

    private static func figure(_ value: Double) -> String { String(format: "%.3f", value) }
}
