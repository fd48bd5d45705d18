import Foundation

/// The terms that a text is found by: words, folded and stemmed, and identifiers whole.
package enum Terms {
    /// Terms in order, stop words left out. `ab-12345` yields `ab`, `12345` and `ab-12345`.
    package static func terms(of text: String) -> [String] {
        var terms: [String] = []
        for compound in compounds(of: text) {
            for word in compound where !StopWords.contains(word) { terms.append(EnglishStemmer.stem(word)) }
            if compound.count > 1 { terms.append(compound.joined(separator: "-")) }
        }
        return terms
    }

    /// Whether a term is the whole of joined words that are terms themselves.
    static func isWholeOfTerms(_ term: String) -> Bool {
        let words = term.split(separator: "-")
        return words.count > 1 && !words.allSatisfy { StopWords.contains(String($0)) }
    }

    /// Words joined by a hyphen, underscore, dot or slash inside them, folded; longest 64 scalars a word.
    static func compounds(of text: String) -> [[String]] {
        var compounds: [[String]] = []
        var compound: [String] = []
        var word = String.UnicodeScalarView()
        var joinerPending = false
        func closeWord() {
            guard !word.isEmpty else { return }
            compound.append(String(word))
            word = String.UnicodeScalarView()
        }
        func closeCompound() {
            closeWord()
            if !compound.isEmpty { compounds.append(compound) }
            compound = []
        }
        for scalar in folded(text).unicodeScalars {
            if isWordScalar(scalar) {
                if !word.isEmpty, isIdeograph(scalar) { closeCompound() }
                joinerPending = false
                if word.count < 64 { word.append(scalar) }
                // Chinese and Japanese write no spaces: each ideograph is a term.
                if isIdeograph(scalar) { closeCompound() }
            } else if scalar == "'" || scalar == "’" {
                continue
            } else if !joinerPending, !word.isEmpty, "-_./".unicodeScalars.contains(scalar) {
                closeWord()
                joinerPending = true
            } else {
                joinerPending = false
                closeCompound()
            }
        }
        closeCompound()
        return compounds
    }

    static func folded(_ text: String) -> String {
        text.utf8.allSatisfy { $0 < 0x80 }
            ? text.lowercased()
            : text.folding(options: [.diacriticInsensitive, .widthInsensitive], locale: nil).lowercased()
    }

    private static func isWordScalar(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return (48...57).contains(scalar.value) || (97...122).contains(scalar.value) }
        let properties = scalar.properties
        return properties.isAlphabetic || properties.numericType != nil
    }

    private static func isIdeograph(_ scalar: Unicode.Scalar) -> Bool {
        !scalar.isASCII && scalar.properties.isIdeographic
    }
}

/// Words that say nothing about what is asked.
enum StopWords {
    static func contains(_ word: String) -> Bool { words.contains(word) }

    private static let words = Set(
        """
        a about above after again against all am an and any are as at be because been before being below between both \
        but by can could did do does doing down during each few for from further had has have having he her here hers \
        herself him himself his how i if in into is it its itself just me more most my myself no nor not now of off on \
        once only or other our ours ourselves out over own same she should so some such than that the their theirs them \
        themselves then there these they this those through to too under until up very was we were what when where which \
        while who whom why will with would you your yours yourself yourselves im ive id dont doesnt didnt isnt thats \
        whats lets weve youre theyre cant wont got get gets also us
        """.split(separator: " ").map(String.init)
    )
}
