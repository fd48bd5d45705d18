import Foundation
import Retrieval

/// Tells what of a model's answer its own citations bear out.
package struct CitationCheck {
    /// Least share of a statement's words that its passages must have.
    private static let leastShare = 0.4

    private let passages: [String]
    private let everything: Wording

    /// - Parameter passages: what [1], [2], … stand for.
    package init(_ passages: [String]) {
        self.passages = passages
        everything = Wording(passages.joined(separator: "\n"))
    }

    /// The passages that a statement cites, by number; nil when they do not bear it out.
    func support(of statement: String) -> [Int]? {
        let numbers = statement.matches(of: /\[(\d{1,2})\]/).compactMap { Int($0.1) }
            .filter { (1...passages.count).contains($0) }
        guard !numbers.isEmpty else { return nil }
        let plain = statement.replacing(/\[\d{1,2}\]/, with: "").replacing(/^\d{1,2}[.)]\s/, with: "")
        let wording = Wording(plain)
        let support = Wording(numbers.map { passages[$0 - 1] }.joined(separator: "\n"))
        guard wording.share(in: support) >= Self.leastShare, wording.numbersOccur(in: support) else { return nil }
        return numbers.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }

    /// False for a word with a number or identifier that no passage has: no citation can bear it out.
    func mayBeSupported(_ word: String) -> Bool {
        Wording(word.replacing(/\[\d{1,2}\]/, with: "")).numbersOccur(in: everything)
    }

    /// Without the numbers that stand for no passage.
    func withoutEmptyCitations(_ text: String) -> String {
        text.replacing(/\[(\d{1,2})\]/) { (1...passages.count).contains(Int($0.1) ?? 0) ? String($0.0) : "" }
    }
}
