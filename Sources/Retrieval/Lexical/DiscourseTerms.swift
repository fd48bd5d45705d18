/// Words, stemmed, that say that something is talked about, not what.
enum DiscourseTerms {
    static func contains(_ term: TermKey) -> Bool { terms.contains(term) }

    private static let terms = Set(
        """
        summarize summarise summary discuss discussion meeting group team conversation mention say said talk think \
        thought opinion attitude idea toward towards people participant member speaker conclude conclusion decide decision \
        reach agree agreement explain describe suggest suggestion propose proposal overview topic point view feel felt \
        reason believe regarding concerning
        """.split(separator: " ").map { TermKey(EnglishStemmer.stem(String($0))) }
    )
}
