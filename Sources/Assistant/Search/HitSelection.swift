import Domain
import Retrieval

/// What of the passages that were read back is shown: what the question wants word for word first, nothing twice, and
/// nobody drowns out the rest.
struct HitSelection {
    /// Of all results, at most this share is of one author while others have something to say.
    private static let largestShareOfOneAuthor = 0.6
    /// Fewer results than this may all be of one author.
    private static let fewest = 5

    private(set) var hits: [SearchService.Hit] = []
    private(set) var dropped: [SearchService.Dropped] = []

    private let limit: Int
    private let largestOfOneAuthor: Int

    /// - Parameters:
    ///   - isPlain: for a leg alone, whose order is left as it is.
    ///   - isOpen: false when one conversation is searched, whose few authors may fill the list.
    init(_ candidates: [SearchService.Hit], limit: Int, reading: QuestionReading, isPlain: Bool, isOpen: Bool) {
        self.limit = limit
        let isOpen = isOpen && !isPlain && reading.people.isEmpty && reading.conversations.isEmpty
        largestOfOneAuthor =
            isOpen && limit >= Self.fewest ? Int((Double(limit) * Self.largestShareOfOneAuthor).rounded(.up)) : limit
        take(isPlain ? candidates : withoutRepetition(exactFirst(candidates, reading.exact)))
    }

    private func exactFirst(_ candidates: [SearchService.Hit], _ exact: ExactTerms) -> [SearchService.Hit] {
        guard !exact.phrases.isEmpty else { return candidates }
        var having: [SearchService.Hit] = []
        var others: [SearchService.Hit] = []
        for var hit in candidates {
            if exact.phrasesOccur(in: "\(hit.evidence.title ?? "")\n\(hit.evidence.text)") {
                hit.notes.append("has the quoted words")
                having.append(hit)
            } else {
                others.append(hit)
            }
        }
        return having + others
    }

    /// Equal files are still two documents.
    private mutating func withoutRepetition(_ candidates: [SearchService.Hit]) -> [SearchService.Hit] {
        var kept: [SearchService.Hit] = []
        var said: [Resemblance] = []
        for hit in candidates {
            guard hit.evidence.source.kind != .file else {
                kept.append(hit)
                continue
            }
            let wording = Resemblance(hit.evidence.text)
            guard !said.contains(where: wording.isNearlyTheSame) else {
                drop(hit, "says nearly the same as a passage that ranks higher")
                continue
            }
            said.append(wording)
            kept.append(hit)
        }
        return kept
    }

    /// Who has had their share gives way, and comes after the others where there is room left.
    private mutating func take(_ candidates: [SearchService.Hit]) {
        var counts: [UserID: Int] = [:]
        var waiting: [SearchService.Hit] = []
        for var hit in candidates {
            guard hits.count < limit else {
                drop(hit, "ranks below the limit of \(limit)")
                continue
            }
            if let author = hit.evidence.author, hit.evidence.source.kind != .file {
                guard counts[author, default: 0] < largestOfOneAuthor else {
                    hit.notes.append("behind others, as \(largestOfOneAuthor) passages of this author rank higher")
                    waiting.append(hit)
                    continue
                }
                counts[author, default: 0] += 1
            }
            hits.append(hit)
        }
        for hit in waiting {
            if hits.count < limit {
                hits.append(hit)
            } else {
                drop(hit, "\(largestOfOneAuthor) passages of this author rank higher")
            }
        }
    }

    private mutating func drop(_ hit: SearchService.Hit, _ reason: String) {
        dropped.append(
            .init(chunk: hit.evidence.chunk, source: hit.evidence.source, score: hit.score, reason: reason)
        )
    }
}
