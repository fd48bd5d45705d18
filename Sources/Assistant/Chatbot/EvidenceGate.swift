package import Retrieval

/// Decides whether what was found speaks of what was asked at all.
///
/// Meaning and words vouch for each other: the cosine of question and passage, plus the share of the question's words
/// that the passage has, each word counted by its rarity. Where meaning is not clear by itself, words must say that the
/// passage is about what is asked: being about something near it is what most wrong answers have in common. The limits
/// were measured on two sets of the demo lab's questions (docs/PERFORMANCE.md).
package struct EvidenceGate {
    /// Least sum of similarity and share.
    static let leastSum = 0.84
    /// Least share of words, unless the similarity reaches `clearSimilarity`.
    static let leastShare = 0.42
    static let clearSimilarity = 0.65
    /// Least share where there is no similarity, because the embedder does not answer.
    static let leastShareAlone = 0.6

    let question: Wording
    /// Of the question's terms, among what the asker may see.
    let rarity: [String: Double]

    package init(question: Wording, rarity: [String: Double]) {
        self.question = question
        self.rarity = rarity
    }

    /// - Parameters:
    ///   - similarity: cosine; nil without an embedder.
    ///   - surroundings: the passage with its neighbours and title.
    package func admits(similarity: Double?, surroundings: String) -> Bool {
        judgement(similarity: similarity, surroundings: surroundings).isAdmitted
    }

    func judgement(similarity: Double?, surroundings: String) -> Judgement {
        let share = question.share(in: Wording(surroundings), rarity: rarity)
        return Judgement(similarity: similarity, share: share, isAdmitted: isEnough(similarity, share))
    }

    private func isEnough(_ similarity: Double?, _ share: Double) -> Bool {
        guard let similarity else { return share >= Self.leastShareAlone }
        return similarity + share >= Self.leastSum && (share >= Self.leastShare || similarity >= Self.clearSimilarity)
    }

    /// How much of the question a passage speaks of; kept for explanations.
    struct Judgement {
        let similarity: Double?
        let share: Double
        let isAdmitted: Bool
    }
}
