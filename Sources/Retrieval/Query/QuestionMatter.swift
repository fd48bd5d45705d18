/// What a question is about.
public enum QuestionMatter {
    /// The question without what it begins with, where that says only that something was talked about: of "what did the
    /// team decide on the budget?" it leaves "budget?". Nil where there is no such beginning, or nothing else.
    ///
    /// In a meeting such words pull the vector towards talk of talking; in chat they are part of what is asked.
    public static func of(_ question: String) -> String? {
        let pieces = question.split(separator: " ")
        var namesTalk = false
        let start = pieces.firstIndex { piece in
            let words = Terms.compounds(of: String(piece)).joined()
            if words.contains(where: isTalk) { namesTalk = true }
            return words.contains { !StopWords.contains($0) && !isTalk($0) }
        }
        guard namesTalk, let start else { return nil }
        return pieces[start...].joined(separator: " ")
    }

    private static func isTalk(_ word: String) -> Bool { DiscourseTerms.contains(TermKey(EnglishStemmer.stem(word))) }
}
