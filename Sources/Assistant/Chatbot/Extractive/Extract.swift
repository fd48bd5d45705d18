import Domain
import Foundation
import Retrieval

/// The sentences that answer best, each with where it stands.
struct Extract {
    struct Quote {
        let evidence: Evidence
        let sentences: String
        let score: Double
    }

    private static let maximumQuotes = 5
    /// Of the best quote's score; what is further behind distracts. This and the weights below were measured on two sets
    /// of questions (docs/PERFORMANCE.md).
    private static let leastOfBest = 0.72

    private let asked: Wording
    private let topic: Wording
    private let shape: QuestionShape
    private let speakers: Speakers
    private let rarity: [String: Double]
    private let people: People

    init(_ question: String, _ speakers: Speakers, rarity: [String: Double], people: People) {
        asked = Wording(question)
        topic = Wording(question: speakers.topic)
        shape = QuestionShape(question)
        self.speakers = speakers
        self.rarity = rarity
        self.people = people
    }

    /// - Parameters:
    ///   - vector: the question's; nil without an embedder.
    ///   - embed: nil when the embedder does not answer: then the words decide alone, as they did in the search.
    func quotes(
        from passages: [ContextPassage],
        vector: [Float]?,
        embed: ([String]) async throws -> [[Float]]?
    ) async throws -> [Quote] {
        var read = passages.map { $0.turns.map(QuotedTurn.init) }
        var likeness = Likeness()
        if vector != nil {
            let wanted = [shape.wantedPhrase, shape.wantedWord, shape.focus].compactMap { $0 }
            let texts = wanted + read.joined().flatMap { $0.pieces.map(\.text) }
            guard var vectors = try await embed(texts)?[...], vectors.count == texts.count else {
                return select(zip(passages, read).flatMap { quotes(of: $0, $1, nil, likeness) })
            }
            for word in wanted { likeness.vectors[word] = vectors.removeFirst() }
            for place in read.indices {
                for turn in read[place].indices {
                    for piece in read[place][turn].pieces.indices {
                        read[place][turn].pieces[piece].vector = vectors.removeFirst()
                    }
                }
            }
        }
        return select(zip(passages, read).flatMap { quotes(of: $0, $1, vector, likeness) })
    }

    /// Of words that a question wants spoken of.
    private struct Likeness {
        var vectors: [String: [Float]] = [:]

        func of(_ word: String?, in turns: [QuotedTurn]) -> Double? {
            guard let word, let vector = vectors[word] else { return nil }
            return turns.compactMap { $0.similarity(to: vector) }.max()
        }
    }

    private func quotes(
        of passage: ContextPassage,
        _ turns: [QuotedTurn],
        _ vector: [Float]?,
        _ likeness: Likeness
    ) -> [Quote] {
        let isTalk = [.message, .comment, .status].contains(passage.hit.evidence.source.kind)
        let exchange = Exchange(isTalk ? passage.turns : [], seeksAdvice: shape.seeksAdvice)
        guard tells(passage, turns, exchange, likeness) else { return [] }
        return turns.indices.flatMap { index in
            turns[index].pieces.compactMap { piece in
                quote(piece, of: index, turns, passage, isTalk ? exchange : nil, vector)
            }
        }
    }

    /// Whether a passage can tell what is asked for: has its word, something like it, or something of its kind.
    private func tells(
        _ passage: ContextPassage,
        _ turns: [QuotedTurn],
        _ exchange: Exchange,
        _ likeness: Likeness
    ) -> Bool {
        // A conversation's name says where something was said, not what.
        let told = passage.turns.map(\.text).joined(separator: "\n")
        // What somebody asks is named in the question, not told.
        let telling = turns.indices.filter { !exchange.isAsking($0) }.map { turns[$0] }
        let likenesses = [likeness.of(shape.wantedWord, in: turns), likeness.of(shape.wantedPhrase, in: telling)]
        // Who has every other word of the question need not be like what is wanted: few names are like their kind.
        let rest = asked.without(Wording(shape.wantedPhrase ?? ""))
        let isSpokenOf = !rest.isEmpty && telling.contains { rest.without($0.wording).isEmpty }
        let wanted = isSpokenOf ? nil : likenesses.compactMap { $0 }.max()
        guard
            shape.wanted.mayBeTold(
                by: told,
                asked: asked,
                likeness: wanted,
                isPerson: { !people.named(in: $0).isEmpty }
            )
        else { return false }
        guard let focus = shape.focus, let near = likeness.of(focus, in: turns) else { return true }
        let covered = Wording(question: speakers.topic).covers(focus, in: Wording(passage.text))
        return covered || near >= QuestionShape.leastLikeness
    }

    // MARK: Weighing

    private static let ofMeaning = 0.45
    private static let ofWords = 0.35
    private static let ofRank = 0.35
    /// What was found counts for more than what merely stands beside it.
    private static let beside = 0.5
    /// A question in chat repeats the asker's words without answering them.
    private static let asking = -0.35
    private static let ofWantedKind = 0.1
    private static let instructing = 0.1
    private static let bySpeaker = 0.2
    /// Terms; a shorter reply without a number says nothing by itself, unless it replies to a question.
    private static let shortestReply = 2

    private func quote(
        _ piece: QuotedTurn.Piece,
        of index: Int,
        _ turns: [QuotedTurn],
        _ passage: ContextPassage,
        _ exchange: Exchange?,
        _ vector: [Float]?
    ) -> Quote? {
        let turn = turns[index].evidence
        let hasNumber = WantedValue.hasNumber(piece.text)
        // What only repeats the question tells nothing.
        guard hasNumber || !piece.wording.without(asked).isEmpty else { return nil }
        let found = passage.hit.evidence.source
        let share = topic.share(in: piece.wording, rarity: rarity)
        let similarity = piece.similarity(to: vector)
        var (bestShare, best) = (share, weigh(similarity, share, passage, isFound: turn.source == found))
        if let exchange {
            let isShort = !hasNumber && piece.wording.count < Self.shortestReply
            for prompt in exchange.prompts[index] where !isShort || exchange.isAsking(prompt.turn) {
                let asked = turns[prompt.turn]
                let both = prompt.weight * topic.share(in: piece.wording.with(asked.wording), rarity: rarity)
                let likeness = similarity.map { max($0, prompt.weight * (asked.similarity(to: vector) ?? 0)) }
                let isFound = turn.source == found || asked.evidence.source == found
                let value = weigh(likeness, max(share, both), passage, isFound: isFound)
                if value > best { (bestShare, best) = (max(share, both), value) }
            }
        }
        let isSaid = speakers.said(turn)
        if speakers.areQuoted {
            // On the matter by their own words, or by what they reply to.
            guard isSaid, share > 0 || bestShare >= EvidenceGate.leastShare else { return nil }
        } else if isSaid {
            best += Self.bySpeaker
        }
        let asks = exchange?.isAsking(index) ?? Asking.endsWithMark(piece.text)
        if asks {
            best += Self.asking
        } else if shape.wanted != .anything, shape.wanted.mayBeTold(by: piece.text, asked: asked) {
            best += Self.ofWantedKind
        }
        if shape.asksHow, Instructions.occur(in: piece.text) { best += Self.instructing }
        return Quote(evidence: turn, sentences: piece.text, score: best)
    }

    private func weigh(_ similarity: Double?, _ share: Double, _ passage: ContextPassage, isFound: Bool) -> Double {
        Self.ofMeaning * (similarity ?? share) + Self.ofWords * share
            + Self.ofRank * passage.relevance * (isFound ? 1 : Self.beside)
    }

    // MARK: Choosing

    /// Best first, one quote a source, none far behind the best; then grouped by kind, newest first.
    private func select(_ quotes: [Quote]) -> [Quote] {
        var chosen: [Quote] = []
        let ranked = quotes.sorted { $0.score > $1.score }
        guard let best = ranked.first else { return [] }
        for quote in ranked where chosen.count < Self.maximumQuotes && quote.score >= Self.leastOfBest * best.score {
            if chosen.contains(where: { $0.evidence.source == quote.evidence.source }) { continue }
            chosen.append(quote)
        }
        return chosen.sorted { left, right in
            let order = { (quote: Quote) in SourceKind.allCases.firstIndex(of: quote.evidence.source.kind) ?? 0 }
            // The best quote leads, whatever its kind.
            let leads = [left, right].map { $0.evidence.source == best.evidence.source }
            if leads[0] != leads[1] { return leads[0] }
            if order(left) != order(right) { return order(left) < order(right) }
            return left.evidence.createdAt > right.evidence.createdAt
        }
    }
}
