import Domain
import Foundation
import Retrieval

/// Members whose doing or saying is asked about: "What did Priya say about …", "Which clone did Callum freeze?".
struct Speakers {
    let people: Set<UserID>
    /// Only their own words answer what they said.
    let areQuoted: Bool
    /// The question without them: in their own words their names do not occur.
    let topic: String

    init(_ asked: String, _ people: People) {
        // "Which days": what tells them has dates and not the word.
        let question = asked.replacing(
            /^\s*(?:on\s+)?(?:which|what)\s+(?:days?|dates?|weekdays?|months?)\s+/.ignoresCase()
        ) { _ in "When " }
        let pieces = question.split(whereSeparator: \.isWhitespace).map(String.init)
        let subjects = zip(pieces, pieces.dropFirst()).filter { Self.auxiliaries.contains($0.0.lowercased()) }
        let named = subjects.reduce(into: Set<UserID>()) { $0.formUnion(people.named(in: $1.1)) }
        let areQuoted = !named.isEmpty && Self.isOfSaying(question)
        self.people = named
        self.areQuoted = areQuoted
        guard !named.isEmpty else {
            topic = question
            return
        }
        let nameless = people.stripped(question)
        let kept = nameless.split(separator: " ").filter { !areQuoted || !Self.isOfSaying(String($0)) }
        let stripped = kept.joined(separator: " ")
        topic = Wording(stripped).isEmpty ? nameless : stripped
    }

    private static func isOfSaying(_ text: String) -> Bool {
        QuestionShape.words(of: text).contains(where: saying.contains)
    }

    func said(_ evidence: Evidence) -> Bool { evidence.author.map(people.contains) ?? false }

    private static let auxiliaries: Set = [
        "did", "does", "do", "has", "had", "is", "was", "would", "will", "should", "can",
    ]
    private static let saying: Set = [
        "say", "said", "says", "tell", "told", "write", "wrote", "written", "mention", "mentioned", "think", "thought",
        "recommend", "recommended", "suggest", "suggested", "propose", "proposed", "advise", "advised", "warn",
        "warned",
        "answer", "answered", "reply", "replied", "ask", "asked", "report", "reported", "explain", "explained", "state",
        "claim", "claimed", "find", "found", "measure", "measured", "decide", "decided", "agree", "agreed", "disagree",
        "disagreed", "want", "wanted", "mean", "promise", "promised",
    ]
}
