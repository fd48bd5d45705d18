import Domain

/// From candidates in order to results: one passage a source, and nothing said twice.
enum Selection {
    static func best(
        of candidates: [Ranking.Candidate],
        limit: Int,
        keepingDuplicates: Bool,
        scored: Int,
        rarity: [String: Double]
    ) -> SearchOutcome {
        var results: [RankedPassage] = []
        var dropped: [(chunk: ChunkID, reason: String)] = []
        var sources: Set<SourceReference> = []
        var fingerprints: Set<Int> = []
        for candidate in candidates {
            guard results.count < limit else { break }
            let entry = candidate.entry
            guard sources.insert(entry.source).inserted else {
                dropped.append((entry.chunk, "another passage of the same source ranks higher"))
                continue
            }
            // Equal files are still two documents.
            guard fingerprints.insert(entry.fingerprint).inserted || keepingDuplicates || entry.source.kind == .file
            else {
                dropped.append((entry.chunk, "says the same as a passage that ranks higher"))
                continue
            }
            results.append(
                RankedPassage(
                    chunk: entry.chunk,
                    source: entry.source,
                    conversation: entry.conversation,
                    author: entry.author,
                    createdAt: entry.createdAt,
                    score: candidate.score,
                    explanation: candidate.explanation
                )
            )
        }
        return SearchOutcome(results: results, dropped: dropped, scored: scored, rarity: rarity)
    }
}
