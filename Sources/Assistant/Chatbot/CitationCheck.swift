import Foundation
import Retrieval

/// Keeps of a model's answer what its own citations bear out.
package struct CitationCheck {
    /// Least share of a statement's words that its passages must have.
    private static let leastShare = 0.4

    private let passages: [String]

    /// - Parameter passages: what [1], [2], … stand for.
    package init(_ passages: [String]) {
        self.passages = passages
    }

    /// The supported statements and the numbers they cite; nil when nothing is left.
    package func checked(_ answer: String) -> (text: String, cited: [Int])? {
        var kept: [String] = []
        var cited: [Int] = []
        for statement in Self.statements(Addresses.removed(from: answer)) {
            guard let supported = supported(statement) else { continue }
            kept.append(supported.text)
            for number in supported.cited where !cited.contains(number) { cited.append(number) }
        }
        return kept.isEmpty ? nil : (kept.joined(separator: " "), cited)
    }

    /// One statement without the numbers that point nowhere; nil when its passages do not bear it out.
    func supported(_ sentence: String) -> (text: String, cited: [Int])? {
        let numbers = sentence.matches(of: /\[(\d{1,2})\]/).compactMap { Int($0.1) }
            .filter { (1...passages.count).contains($0) }
        guard !numbers.isEmpty else { return nil }
        let statement = Wording(sentence.replacing(/\[\d{1,2}\]/, with: ""))
        let support = Wording(numbers.map { passages[$0 - 1] }.joined(separator: "\n"))
        guard statement.share(in: support) >= Self.leastShare, statement.numbersOccur(in: support) else { return nil }
        let text = sentence.replacing(/\[(\d{1,2})\]/) { numbers.contains(Int($0.1) ?? 0) ? String($0.0) : "" }
        return (text, numbers)
    }

    /// Sentences, each with the citation numbers that follow its full stop.
    static func statements(_ text: String) -> [String] {
        var statements: [String] = []
        for sentence in Sentences.sentences(of: text) {
            let isOnlyNumbers = sentence.wholeMatch(of: /(\[\d{1,2}\][\s.]*)+/) != nil
            let leading = sentence.prefixMatch(of: /(\[\d{1,2}\]\s*)+/)
            if let leading, !statements.isEmpty {
                statements[statements.count - 1] += " \(leading.0)"
                if !isOnlyNumbers { statements.append(String(sentence[leading.range.upperBound...])) }
            } else {
                statements.append(sentence)
            }
        }
        return statements
    }
}
