import Domain

/// From candidates in order to results: one passage a source, and nothing said twice.
struct Selection {
    /// Of what ranks too low only the first few are told.
    private static let toldBelowLimit = 20

    private(set) var results: [RankedPassage] = []
    private(set) var dropped: [DroppedPassage] = []

    init(of candidates: some Sequence<Ranking.Candidate>, limit: Int, keepingDuplicates: Bool) {
        var sources: Set<SourceReference> = []
        var fingerprints: Set<UInt64> = []
        var below = 0
        for candidate in candidates {
            guard below < Self.toldBelowLimit else { break }
            let entry = candidate.entry
            guard sources.insert(entry.source).inserted else {
                drop(candidate, "another passage of the same source ranks higher")
                continue
            }
            // Equal files are still two documents.
            guard keepingDuplicates || entry.source.kind == .file || fingerprints.insert(entry.fingerprint).inserted
            else {
                drop(candidate, "says the same as a passage that ranks higher")
                continue
            }
            guard results.count < limit else {
                below += 1
                drop(candidate, "ranks below the limit of \(limit)")
                continue
            }
            results.append(RankedPassage(candidate))
        }
    }

    private mutating func drop(_ candidate: Ranking.Candidate, _ reason: String) {
        dropped.append(DroppedPassage(chunk: candidate.entry.chunk, score: candidate.score, reason: reason))
    }
}

extension RankedPassage {
    fileprivate init(_ candidate: Ranking.Candidate) {
        let entry = candidate.entry
        self.init(
            chunk: entry.chunk,
            source: entry.source,
            conversation: entry.conversation,
            author: entry.author,
            createdAt: entry.createdAt,
            score: candidate.score,
            explanation: candidate.explanation
        )
    }
}
