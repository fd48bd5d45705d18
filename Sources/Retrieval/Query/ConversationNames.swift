import Domain

/// Finds conversations that a question names: "in the imaging channel", "#imaging", "on journal-club".
///
/// A name is often a plain word, so it counts only where the question speaks of a place.
enum ConversationNames {
    static func named(in question: String, _ corpus: VisibleCorpus) -> Set<ConversationID> {
        let words = Terms.compounds(of: question).flatMap { $0 }
        let hashes = hashed(question)
        guard !hashes.isEmpty || words.contains(where: places.contains) || words.contains(where: openings.contains)
        else { return [] }
        var named: Set<ConversationID> = []
        for stretch in corpus.stretches {
            guard let row = stretch.segment.rows.first, let conversation = row.conversation, let title = row.title
            else {
                continue
            }
            let name = Terms.compounds(of: title).flatMap { $0 }
            if !name.isEmpty, hashes.contains(name) || isPlace(name, words) { named.insert(conversation) }
        }
        return named
    }

    /// The name after "in", or before "channel" and the like.
    private static func isPlace(_ name: [String], _ words: [String]) -> Bool {
        guard name.count <= words.count else { return false }
        return (0...(words.count - name.count)).contains { start in
            guard Array(words[start..<(start + name.count)]) == name else { return false }
            let end = start + name.count
            if end < words.count, places.contains(words[end]) { return true }
            guard start > 0 else { return false }
            // "in imaging", at the end of the question: elsewhere it is a word like any other.
            return openings.contains(words[start - 1]) && (end == words.count || name.count > 1)
        }
    }

    private static func hashed(_ question: String) -> Set<[String]> {
        Set(
            question.split(whereSeparator: \.isWhitespace).filter { $0.hasPrefix("#") }
                .map { Terms.compounds(of: String($0)).flatMap { $0 } }
        )
    }

    private static let openings: Set<String> = ["in", "on", "from"]
    private static let places: Set<String> = ["channel", "chat", "conversation", "group", "thread", "room"]
}
