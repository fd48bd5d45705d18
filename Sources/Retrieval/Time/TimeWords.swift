/// Whether a text speaks of times at all.
package enum TimeWords {
    package static func occur(in text: String) -> Bool {
        for compound in Terms.compounds(of: text) {
            if compound.contains(where: contains) { return true }
        }
        return false
    }

    static func contains(_ word: String) -> Bool { words.contains(word) || isYear(word) }

    private static func isYear(_ word: String) -> Bool {
        word.count == 4 && (word.hasPrefix("19") || word.hasPrefix("20")) && word.allSatisfy(\.isNumber)
    }

    private static let words = Set(
        """
        yesterday today tomorrow tonight monday tuesday wednesday thursday friday saturday sunday january february march \
        april june july august september october november december week weeks weekend month months year years day days \
        ago last next morning afternoon evening night am pm hour hours minutes noon midnight date birthday summer winter \
        spring autumn sunrise sunset dawn dusk
        """.split(separator: " ").map(String.init)
    )
}
