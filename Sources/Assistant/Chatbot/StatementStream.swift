import Foundation
import Retrieval

/// Cuts a reply that is still coming into statements: their words are shown as they come, and taken back once it is
/// clear that the cited passages do not bear the statement out.
package struct StatementStream {
    package enum Event: Equatable {
        case words(String)
        /// The statement whose words were shown last is complete and borne out.
        case supported(String, cited: [Int])
        /// The statement is not borne out. Its words that were shown, to be taken back.
        case withdrawn(String)
    }

    private static let refusal = "NOT FOUND"

    private let check: CitationCheck
    private var words = InertWords()
    /// What came so far, as long as it may still be the refusal.
    private var opening: (text: String, pieces: [InertWords.Piece])? = ("", [])
    private var isRefused = false
    private var hasShown = false
    private var statement = Statement()
    package private(set) var length = 0

    private struct Statement {
        var text = ""
        var gap = ""
        var shown = ""
        /// Nothing that may follow can support it.
        var isLost = false
        /// Only citation numbers may still belong to it.
        var hasEnded = false
    }

    package init(_ check: CitationCheck) {
        self.check = check
    }

    package mutating func read(_ text: String) -> [Event] {
        length += text.count
        return words.read(text).flatMap { take($0) }
    }

    package mutating func finish() -> [Event] {
        var events = words.finish().flatMap { take($0) }
        if let opening, !isRefused {
            self.opening = nil
            events += opening.pieces.flatMap { add($0) }
        }
        return events + endStatement()
    }

    /// Waits for as much as tells the refusal from an answer.
    private mutating func take(_ piece: InertWords.Piece) -> [Event] {
        guard !isRefused else { return [] }
        guard var opening else { return add(piece) }
        opening.text += (opening.text.isEmpty || piece.gap.isEmpty ? "" : " ") + piece.text
        opening.pieces.append(piece)
        isRefused = opening.text.hasPrefix(Self.refusal)
        let isUndecided = isRefused || Self.refusal.hasPrefix(opening.text)
        self.opening = isUndecided ? opening : nil
        return isUndecided ? [] : opening.pieces.flatMap { add($0) }
    }

    private mutating func add(_ piece: InertWords.Piece) -> [Event] {
        var events: [Event] = []
        if piece.startsWord {
            let isNext = statement.hasEnded || piece.gap == "\n"
            if isNext, !statement.text.isEmpty, !Self.isCitation(piece.word) {
                events += endStatement()
            }
        }
        let text = piece.word == nil ? piece.text : check.withoutEmptyCitations(piece.text)
        if statement.text.isEmpty {
            statement.gap = piece.gap == "\n" ? "\n" : " "
            statement.text = text
        } else {
            statement.text += piece.gap + text
        }
        if let word = piece.word {
            let isMark = Self.isListMark(word) && statement.text == word
            if !isMark, !check.mayBeSupported(word) { events += lose() }
            statement.hasEnded = !isMark && (Sentences.ends(with: word) || statement.hasEnded && Self.isCitation(word))
        }
        if !statement.isLost, !text.isEmpty { events.append(show(piece.gap + text)) }
        return events
    }

    private mutating func show(_ text: String) -> Event {
        let isFirst = statement.shown.isEmpty
        let shown =
            isFirst ? (hasShown ? statement.gap : "") + text.trimmingCharacters(in: .whitespacesAndNewlines) : text
        statement.shown += shown
        hasShown = true
        return .words(shown)
    }

    private mutating func lose() -> [Event] {
        guard !statement.isLost else { return [] }
        statement.isLost = true
        defer { statement.shown = "" }
        return statement.shown.isEmpty ? [] : [.withdrawn(statement.shown)]
    }

    private mutating func endStatement() -> [Event] {
        defer { statement = Statement() }
        guard !statement.isLost, !statement.text.isEmpty else { return [] }
        guard let cited = check.support(of: statement.text) else { return lose() }
        return [.supported(statement.gap + statement.text, cited: cited)]
    }

    private static func isCitation(_ word: String?) -> Bool {
        word?.wholeMatch(of: /(\[\d{1,2}\])+[.,;]?/) != nil
    }

    /// "1." and "-" before an item of a list.
    private static func isListMark(_ word: String) -> Bool {
        word.wholeMatch(of: /\d{1,2}[.)]|[\-*•]/) != nil
    }
}
