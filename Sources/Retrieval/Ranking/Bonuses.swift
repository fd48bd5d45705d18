import Domain
import Foundation

/// What ranks a passage beyond its words and meaning: its form, who wrote it, where, when, and what it has word for word.
struct Bonuses {
    /// In terms: beyond it more words say no more.
    private static let longest = 60
    /// Seconds around a named moment in which something written belongs to it.
    private static let momentReach: TimeInterval = 3600
    /// Seconds in which a passage loses half of what being new is worth.
    private static let recencyHalfLife: TimeInterval = 30 * 86_400

    private let request: SearchRequest
    private let corpus: VisibleCorpus
    private let weights: FusionWeights
    private let reading: QuestionReading

    init(_ request: SearchRequest, _ corpus: VisibleCorpus, _ weights: FusionWeights, _ reading: QuestionReading) {
        self.request = request
        self.corpus = corpus
        self.weights = weights
        self.reading = reading
    }

    func add(to board: inout Scoreboard, _ candidates: [Ranking.Candidate]) {
        addForm(candidates, &board)
        addNames(candidates, &board)
        addTimes(candidates, &board)
        addExact(candidates, &board)
        // Of a time that is named nothing newer is wanted.
        if reading.wantsLatest, reading.times.isEmpty { addRecency(candidates, &board) }
    }

    private func addForm(_ candidates: [Ranking.Candidate], _ board: inout Scoreboard) {
        board.add(bonus: "length") { index in
            let candidate = candidates[index]
            guard !candidate.isFile else { return nil }
            let length = min(Self.longest, corpus.length(of: candidate.row))
            return (candidate.isInMeeting ? weights.lengthInMeeting : weights.length) * log(1 + Double(length))
        }
        // In a meeting what is asked is part of what is talked about.
        board.add(bonus: "question") { index in
            let candidate = candidates[index]
            return candidate.entry.isQuestion && !candidate.isFile && !candidate.isInMeeting ? weights.question : nil
        }
    }

    private func addNames(_ candidates: [Ranking.Candidate], _ board: inout Scoreboard) {
        guard !reading.people.isEmpty || !reading.conversations.isEmpty else { return }
        board.add(bonus: "person") { index in
            guard candidates[index].entry.author.map(reading.people.contains) ?? false else { return nil }
            return candidates[index].isInMeeting ? weights.personInMeeting : weights.person
        }
        board.add(bonus: "conversation") { index in
            let isNamed = candidates[index].entry.conversation.map(reading.conversations.contains) ?? false
            return isNamed ? weights.conversation : nil
        }
    }

    private func addTimes(_ candidates: [Ranking.Candidate], _ board: inout Scoreboard) {
        guard reading.asksWhen || !reading.times.isEmpty else { return }
        board.add(bonus: "tells time") { index in
            let entry = candidates[index].entry
            // In a meeting a stretch answers, whichever of its turns speaks of a time.
            guard reading.asksWhen, !candidates[index].isInMeeting else { return nil }
            return entry.tellsTime || entry.startsAt != nil ? weights.time : nil
        }
        let isFromNamed = candidates.map { candidate in reading.times.contains { Self.isFrom($0, candidate.entry) } }
        guard isFromNamed.contains(true) else { return }
        board.add(bonus: "date") { index in
            if isFromNamed[index] { return weights.date }
            return candidates[index].isInMeeting ? weights.otherDateInMeeting : nil
        }
    }

    /// Events are when they happen, everything else when it was written.
    static func isFrom(_ time: Range<Date>, _ entry: Segment.Row) -> Bool {
        if let start = entry.startsAt {
            let end = entry.endsAt ?? start
            return start < time.upperBound && (time.lowerBound < end || start == end && time.lowerBound <= start)
        }
        let isMoment = time.upperBound.timeIntervalSince(time.lowerBound) <= 60
        let reach = isMoment ? momentReach : 0
        return entry.createdAt >= time.lowerBound - reach && entry.createdAt < time.upperBound + reach
    }

    /// The share of the question's identifiers that a passage has; a quoted phrase needs all of its words.
    private func addExact(_ candidates: [Ranking.Candidate], _ board: inout Scoreboard) {
        let rows = candidates.map(\.row)
        let identifiers = reading.exact.identifiers
        if !identifiers.isEmpty {
            let held = corpus.counts(of: identifiers, in: rows)
            board.add(bonus: "identifier") { index in
                held[index] > 0 ? weights.identifier * (Double(held[index]) / Double(identifiers.count)) : nil
            }
        }
        // "Yesterday" and "Priya" are read as a time and an author, not as words.
        if let word = reading.exact.loneWord, reading.times.isEmpty, reading.people.isEmpty {
            let held = corpus.counts(of: [word], in: rows)
            board.add(bonus: "word") { held[$0] == 1 ? weights.loneWord : nil }
        }
        let phrase = reading.exact.phraseTerms
        if !phrase.isEmpty {
            let held = corpus.counts(of: phrase, in: rows)
            board.add(bonus: "phrase") { held[$0] == phrase.count ? weights.phrase : nil }
        }
    }

    /// The newest candidate sets the measure, so that an old lab has news too.
    private func addRecency(_ candidates: [Ranking.Candidate], _ board: inout Scoreboard) {
        let written = candidates.map { min($0.entry.createdAt, request.now) }
        guard let newest = written.max() else { return }
        board.add(bonus: "recent") { index in
            guard !candidates[index].isFile else { return nil }
            return weights.recency * exp2(-newest.timeIntervalSince(written[index]) / Self.recencyHalfLife)
        }
    }
}

extension VisibleCorpus {
    /// How many of some terms each of these rows has.
    func counts(of terms: Set<String>, in rows: [Int]) -> [Int] {
        let keys = terms.map(TermKey.init)
        return rows.map { row in
            let stretch = stretch(of: row)
            return keys.count { stretch.segment.postings.has($0, row: Int32(row - stretch.base)) }
        }
    }
}
