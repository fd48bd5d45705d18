import Retrieval

/// Decides whether what was found speaks of what was asked at all.
///
/// Thresholds were measured on the demo lab's questions (`labsync eval answers`).
struct EvidenceGate {
    /// Cosine of question and passage from which meaning alone suffices.
    static let sureSimilarity = 0.55
    /// Least cosine with which shared words count.
    static let leastSimilarity = 0.25
    /// Least share of the question's words that a passage must have, when meaning alone does not suffice.
    static let leastShare = 0.5

    let question: Wording

    /// - Parameter surroundings: the passage with its neighbours and title.
    func admits(similarity: Double?, surroundings: String) -> Bool {
        let share = question.share(in: Wording(surroundings))
        guard let similarity else { return share >= 0.6 }
        if similarity >= Self.sureSimilarity { return true }
        return similarity >= Self.leastSimilarity && share >= Self.leastShare
    }
}
