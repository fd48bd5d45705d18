import Domain
import Foundation

/// What ranks a passage beyond its words and meaning: its form, who wrote it, and when.
struct Bonuses {
    /// In terms: beyond it more words say no more.
    private static let longest = 60

    private let request: SearchRequest
    private let corpus: VisibleCorpus
    private let weights: FusionWeights

    init(_ request: SearchRequest, _ corpus: VisibleCorpus, _ weights: FusionWeights) {
        self.request = request
        self.corpus = corpus
        self.weights = weights
    }

    func add(to candidates: inout [Ranking.Candidate]) {
        addForm(&candidates)
        addPeople(&candidates)
        addTimes(&candidates)
    }

    private func addForm(_ candidates: inout [Ranking.Candidate]) {
        for index in candidates.indices where candidates[index].entry.source.kind != .file {
            let length = min(Self.longest, corpus.length(of: candidates[index].row))
            candidates[index].add("length", weights.length * log(1 + Double(length)))
            if candidates[index].entry.isQuestion { candidates[index].add("question", weights.question) }
        }
    }

    private func addPeople(_ candidates: inout [Ranking.Candidate]) {
        let named = People(candidates.lazy.map(\.entry)).named(in: request.query)
        guard !named.isEmpty else { return }
        for index in candidates.indices {
            guard let author = candidates[index].entry.author, named.contains(author) else { continue }
            candidates[index].add("person", weights.person)
        }
    }

    private func addTimes(_ candidates: inout [Ranking.Candidate]) {
        let asksWhen = TimeQuestion.asksWhen(request.query)
        let dates = TimeExpressions.ranges(in: request.query, now: request.now, timeZone: request.timeZone)
        for index in candidates.indices {
            let entry = candidates[index].entry
            if asksWhen, entry.tellsTime || entry.startsAt != nil { candidates[index].add("tells time", weights.time) }
            let start = entry.startsAt ?? entry.createdAt
            let end = entry.endsAt ?? entry.createdAt
            if dates.contains(where: { $0.lowerBound <= end && start < $0.upperBound }) {
                candidates[index].add("date", weights.date)
            }
        }
    }
}

extension Ranking.Candidate {
    fileprivate mutating func add(_ name: String, _ bonus: Double) {
        explanation.bonuses[name] = bonus
        explanation.fused += bonus
    }
}
