/// What a question wants word for word: quoted phrases, identifiers such as catalogue numbers, genes and file names, and
/// the word of a question that is one word.
public struct ExactTerms: Sendable, Equatable {
    /// Between quotation marks, as written.
    public let phrases: [String]
    /// As they are indexed.
    public let identifiers: Set<String>
    /// As it is indexed. Whoever types one word looks for what has it, and for what is like it only then.
    let loneWord: String?

    public init(_ question: String) {
        phrases = Self.quoted(question)
        identifiers = Self.identifiers(in: question)
        let words = Terms.compounds(of: question)
        loneWord = words.count == 1 && words[0].count == 1 ? EnglishStemmer.stem(words[0][0]) : nil
    }

    /// Whether a text has all the phrases, whatever its case, accents and spaces.
    public func phrasesOccur(in text: String) -> Bool {
        let text = Self.spaced(text)
        return phrases.allSatisfy { text.contains(Self.spaced($0)) }
    }

    /// Terms of the phrases: a passage without one of them cannot have the phrase.
    var phraseTerms: Set<String> { Set(phrases.flatMap(Terms.terms)) }

    private static func spaced(_ text: String) -> String {
        " \(Terms.compounds(of: text).map { $0.joined(separator: "-") }.joined(separator: " ")) "
    }

    private static let marks: [Character: Character] = ["\"": "\"", "“": "”", "„": "“", "«": "»"]
    private static let longestPhrase = 200

    private static func quoted(_ question: String) -> [String] {
        var phrases: [String] = []
        var phrase = ""
        var closing: Character?
        for character in question {
            if let mark = closing {
                if character == mark || mark == "”" && character == "“" || mark == "“" && character == "”" {
                    let words = Terms.compounds(of: phrase)
                    if !words.isEmpty, phrase.count <= longestPhrase { phrases.append(phrase) }
                    closing = nil
                } else {
                    phrase.append(character)
                }
            } else if let mark = marks[character] {
                closing = mark
                phrase = ""
            }
        }
        return phrases
    }

    /// Words that mix letters and digits, and words joined with digits or a file's ending: "p62", "AB-12345",
    /// "plate_map.csv".
    private static func identifiers(in question: String) -> Set<String> {
        var identifiers: Set<String> = []
        for compound in Terms.compounds(of: question) {
            let whole = compound.joined()
            let hasDigits = whole.contains(where: \.isNumber)
            let hasLetters = whole.contains(where: \.isLetter)
            if compound.count > 1 {
                let isFile = compound.last.map(fileEndings.contains) ?? false
                if isFile || hasDigits && whole.count > 3 { identifiers.insert(compound.joined(separator: "-")) }
            } else if hasDigits, hasLetters, !isQuantity(whole) {
                identifiers.insert(EnglishStemmer.stem(whole))
            } else if hasDigits, !hasLetters, whole.count >= 5 {
                identifiers.insert(EnglishStemmer.stem(whole))
            }
        }
        return identifiers
    }

    /// "37c", "20ul", "3pm", "25th": a number and its unit.
    private static func isQuantity(_ word: String) -> Bool {
        guard word.first?.isNumber == true else { return false }
        return units.contains(String(word.drop(while: \.isNumber)))
    }

    private static let units: Set<String> = [
        "c", "h", "s", "m", "l", "g", "x", "d", "min", "mins", "sec", "hr", "hrs", "ul", "µl", "ml", "nl", "ug", "µg",
        "mg",
        "ng", "kg", "mm", "um", "µm", "nm", "cm", "mmol", "rpm", "xg", "am", "pm", "st", "nd", "rd", "th", "kda", "bp",
        "kb", "k", "v", "w", "hz", "years", "year", "days",
    ]
    private static let fileEndings: Set<String> = [
        "txt", "md", "pdf", "csv", "tsv", "doc", "docx", "xls", "xlsx", "ppt", "pptx", "png", "jpg", "tif", "tiff",
        "czi",
        "lif", "nd2", "mrc", "fasta", "fastq", "gb", "dna", "py", "r", "json", "yaml", "yml", "zip", "ipynb", "xml",
    ]
}
