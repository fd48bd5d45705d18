import Assistant
import Domain
import Foundation
import Retrieval

/// How good a set of answers is: what was cited, what was answered wrongly, what was refused wrongly.
struct AnswerReport: Encodable {
    struct Tally: Encodable {
        private(set) var answerable = 0
        private(set) var unanswerable = 0
        /// Answers where there should be none.
        private(set) var falseAnswers = 0
        /// Refusals where there is an answer.
        private(set) var falseRefusals = 0
        /// Answers none of whose citations answers.
        private(set) var missed = 0
        private var precisions: [Double] = []
        private var recalls: [Double] = []

        var falseAnswerRate: Double { unanswerable == 0 ? 0 : Double(falseAnswers) / Double(unanswerable) }
        var falseRefusalRate: Double { answerable == 0 ? 0 : Double(falseRefusals) / Double(answerable) }
        /// Over answers that were given.
        var citationPrecision: Double { precisions.mean }
        /// Over all questions with an answer; a refusal has none.
        var citationRecall: Double { recalls.mean }

        enum CodingKeys: String, CodingKey {
            case answerable, unanswerable, falseAnswers, falseRefusals, missed, falseAnswerRate, falseRefusalRate
            case citationPrecision, citationRecall
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(answerable, forKey: .answerable)
            try container.encode(unanswerable, forKey: .unanswerable)
            try container.encode(falseAnswers, forKey: .falseAnswers)
            try container.encode(falseRefusals, forKey: .falseRefusals)
            try container.encode(missed, forKey: .missed)
            try container.encode(falseAnswerRate, forKey: .falseAnswerRate)
            try container.encode(falseRefusalRate, forKey: .falseRefusalRate)
            try container.encode(citationPrecision, forKey: .citationPrecision)
            try container.encode(citationRecall, forKey: .citationRecall)
        }

        mutating func add(_ expected: Set<String>, isAnswerable: Bool, cited: Set<String>) -> String? {
            guard isAnswerable else {
                unanswerable += 1
                guard !cited.isEmpty else { return nil }
                falseAnswers += 1
                return "answered without evidence"
            }
            answerable += 1
            let right = Double(cited.intersection(expected).count)
            recalls.append(expected.isEmpty ? 0 : right / Double(expected.count))
            guard !cited.isEmpty else {
                falseRefusals += 1
                return "refused"
            }
            precisions.append(right / Double(cited.count))
            guard right == 0 else { return nil }
            missed += 1
            return "cites other rows"
        }
    }

    private(set) var total = Tally()
    /// Of the search for the questions that have an answer.
    private(set) var retrieval = EvaluationMetrics()
    private(set) var categories: [String: Tally] = [:]
    /// Citations of rows that the asker may not see.
    private(set) var leaks = 0
    private(set) var promptTokens = 0
    private(set) var completionTokens = 0
    private(set) var modes: [String: Int] = [:]
    private(set) var faults: [String] = []
    private var times: [String: [Double]] = [:]

    enum CodingKeys: String, CodingKey {
        case total, retrieval, categories, leaks, promptTokens, completionTokens, modes, milliseconds
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(total, forKey: .total)
        try container.encode(retrieval, forKey: .retrieval)
        try container.encode(categories, forKey: .categories)
        try container.encode(leaks, forKey: .leaks)
        try container.encode(promptTokens, forKey: .promptTokens)
        try container.encode(completionTokens, forKey: .completionTokens)
        try container.encode(modes, forKey: .modes)
        try container.encode(
            times.mapValues { ["p50": $0.percentile(50), "p95": $0.percentile(95)] },
            forKey: .milliseconds
        )
    }

    mutating func add(_ question: AnswerQuestion, _ answer: ChatbotAnswer, milliseconds: Double) {
        let cited = Set(answer.citations.map(\.source.description))
        let isAnswerable = question.expect == .answer
        let expected = Set(question.answers)
        if let fault = total.add(expected, isAnswerable: isAnswerable, cited: cited) {
            faults.append("\(question.id) \(fault): \(question.question) [\(answer.mode.rawValue)]")
        }
        _ = categories[question.category ?? "other", default: Tally()]
            .add(expected, isAnswerable: isAnswerable, cited: cited)
        leaks += cited.intersection(question.hidden ?? []).count
        promptTokens += answer.usage.promptTokens
        completionTokens += answer.usage.completionTokens
        modes[answer.mode.rawValue, default: 0] += 1
        times["whole", default: []].append(milliseconds)
        for (stage, time) in answer.trace.timings { times[stage, default: []].append(time) }
    }

    /// - Parameter found: sources, best first.
    mutating func add(_ question: AnswerQuestion, found: [String]) {
        retrieval.add(
            found,
            gains: Dictionary(question.answers.map { ($0, 1) }, uniquingKeysWith: { first, _ in first })
        )
    }

    var table: String {
        func percent(_ value: Double) -> String { String(format: "%5.1f %%", 100 * value) }
        var lines = [
            "questions          \(total.answerable) with an answer, \(total.unanswerable) without",
            "found among ten    \(percent(retrieval.recallAt10))  nDCG@10 \(String(format: "%.3f", retrieval.ndcgAt10))",
            "citation precision \(percent(total.citationPrecision))",
            "citation recall    \(percent(total.citationRecall))",
            "false answers      \(percent(total.falseAnswerRate))  (\(total.falseAnswers))",
            "false refusals     \(percent(total.falseRefusalRate))  (\(total.falseRefusals))",
            "cites other rows   \(total.missed)",
            "leaks              \(leaks)",
            "answered by        \(modes.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", "))",
            "tokens             \(promptTokens) given, \(completionTokens) received",
            "",
        ]
        for (name, tally) in categories.sorted(by: { $0.key < $1.key }) {
            lines.append(
                name.padding(toLength: 14, withPad: " ", startingAt: 0)
                    + "precision \(percent(tally.citationPrecision))  recall \(percent(tally.citationRecall))"
                    + "  false answers \(tally.falseAnswers)/\(tally.unanswerable)"
                    + "  false refusals \(tally.falseRefusals)/\(tally.answerable)"
            )
        }
        lines.append("")
        for (stage, times) in times.sorted(by: { $0.key < $1.key }) {
            let p50 = String(format: "%6.1f", times.percentile(50))
            let p95 = String(format: "%6.1f", times.percentile(95))
            lines.append("\(stage.padding(toLength: 14, withPad: " ", startingAt: 0))p50 \(p50) ms  p95 \(p95) ms")
        }
        return lines.joined(separator: "\n")
    }
}

extension [Double] {
    fileprivate var mean: Double { isEmpty ? 0 : reduce(0, +) / Double(count) }

    fileprivate func percentile(_ percent: Double) -> Double {
        guard !isEmpty else { return 0 }
        return sorted()[Swift.min(count - 1, Int((Double(count) * percent / 100).rounded(.up)) - 1)]
    }
}
