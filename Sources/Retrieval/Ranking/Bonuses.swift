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

    func add(to candidates: inout [Ranking.Candidate]) {
        addForm(&candidates)
        addNames(&candidates)
        addTimes(&candidates)
        addExact(&candidates)
        // Of a time that is named nothing newer is wanted.
        if reading.wantsLatest, reading.times.isEmpty { addRecency(&candidates) }
    }

    private func addForm(_ candidates: inout [Ranking.Candidate]) {
        for index in candidates.indices where candidates[index].entry.source.kind != .file {
            let length = min(Self.longest, corpus.length(of: candidates[index].row))
            let isInMeeting = corpus.isInMeeting(candidates[index].row)
            let weight = isInMeeting ? weights.lengthInMeeting : weights.length
            candidates[index].add("length", weight * log(1 + Double(length)))
            // In a meeting what is asked is part of what is talked about.
            if candidates[index].entry.isQuestion, !isInMeeting { candidates[index].add("question", weights.question) }
        }
    }

    private func addNames(_ candidates: inout [Ranking.Candidate]) {
        guard !reading.people.isEmpty || !reading.conversations.isEmpty else { return }
        for index in candidates.indices {
            let entry = candidates[index].entry
            if entry.author.map(reading.people.contains) ?? false {
                let isMeeting = corpus.isInMeeting(candidates[index].row)
                candidates[index].add("person", isMeeting ? weights.personInMeeting : weights.person)
            }
            if entry.conversation.map(reading.conversations.contains) ?? false {
                candidates[index].add("conversation", weights.conversation)
            }
        }
    }

    private func addTimes(_ candidates: inout [Ranking.Candidate]) {
        guard reading.asksWhen || !reading.times.isEmpty else { return }
        for index in candidates.indices {
            let entry = candidates[index].entry
            if reading.asksWhen, entry.tellsTime || entry.startsAt != nil {
                candidates[index].add("tells time", weights.time)
            }
            if reading.times.contains(where: { Self.isFrom($0, entry) }) { candidates[index].add("date", weights.date) }
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
    private func addExact(_ candidates: inout [Ranking.Candidate]) {
        let rows = candidates.map(\.row)
        let identifiers = reading.exact.identifiers
        if !identifiers.isEmpty {
            let held = corpus.counts(of: identifiers, in: rows)
            for (index, count) in held.enumerated() where count > 0 {
                let share = Double(count) / Double(identifiers.count)
                candidates[index].add("identifier", weights.identifier * share)
            }
        }
        let phrase = reading.exact.phraseTerms
        if !phrase.isEmpty {
            for (index, count) in corpus.counts(of: phrase, in: rows).enumerated() where count == phrase.count {
                candidates[index].add("phrase", weights.phrase)
            }
        }
    }

    /// The newest candidate sets the measure, so that an old lab has news too.
    private func addRecency(_ candidates: inout [Ranking.Candidate]) {
        let written = candidates.map { min($0.entry.createdAt, request.now) }
        guard let newest = written.max() else { return }
        for index in candidates.indices where candidates[index].entry.source.kind != .file {
            let age = newest.timeIntervalSince(written[index])
            candidates[index].add("recent", weights.recency * exp2(-age / Self.recencyHalfLife))
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

extension Ranking.Candidate {
    fileprivate mutating func add(_ name: String, _ bonus: Double) {
        explanation.bonuses[name] = bonus
        explanation.fused += bonus
    }
}
