import Domain
import Foundation

/// What ranks a passage beyond its words and meaning: who wrote it, its sitting, and when.
struct Bonuses {
    private let request: SearchRequest
    private let corpus: VisibleCorpus
    private let weights: FusionWeights

    init(_ request: SearchRequest, _ corpus: VisibleCorpus, _ weights: FusionWeights) {
        self.request = request
        self.corpus = corpus
        self.weights = weights
    }

    func add(to candidates: inout [Ranking.Candidate]) {
        addSittings(&candidates)
        addPeople(&candidates)
        addTimes(&candidates)
    }

    /// A turn in a sitting whose best turn fits well is likelier to matter.
    private func addSittings(_ candidates: inout [Ranking.Candidate]) {
        struct Sitting: Hashable {
            let conversation: ConversationID
            let number: Int32
        }
        var best: [Sitting: Double] = [:]
        var sittings: [Sitting?] = []
        for candidate in candidates {
            let stretch = corpus.stretch(of: candidate.row)
            let number = stretch.links.sitting[candidate.row - stretch.partitionBase]
            let sitting = candidate.entry.conversation.flatMap {
                number < 0 ? nil : Sitting(conversation: $0, number: number)
            }
            sittings.append(sitting)
            if let sitting { best[sitting] = max(best[sitting] ?? 0, candidate.score) }
        }
        for (index, sitting) in sittings.enumerated() {
            guard let sitting, let score = best[sitting] else { continue }
            candidates[index].add("sitting", weights.sitting * score)
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
