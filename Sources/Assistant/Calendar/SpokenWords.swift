import Foundation

/// A question's words, folded, with contractions written out; each can be marked as understood.
struct SpokenWords {
    private(set) var words: [String]
    private(set) var isUsed: [Bool]

    init(_ text: String) {
        words = Self.words(of: text)
        isUsed = words.map { _ in false }
    }

    subscript(_ index: Int) -> String { words.indices.contains(index) ? words[index] : "" }

    var indices: Range<Int> { words.indices }

    mutating func use(_ range: Range<Int>) {
        for index in range where words.indices.contains(index) { isUsed[index] = true }
    }

    /// True when one of these words occurs and is not understood as something else yet.
    func has(_ candidates: Set<String>) -> Bool {
        words.indices.contains { !isUsed[$0] && candidates.contains(words[$0]) }
    }

    /// Where words stand in a row.
    func place(of phrase: [String]) -> Range<Int>? {
        guard phrase.count <= words.count else { return nil }
        for start in 0...(words.count - phrase.count)
        where Array(words[start..<(start + phrase.count)]) == phrase {
            return start..<(start + phrase.count)
        }
        return nil
    }

    func has(phrase: String) -> Bool { place(of: phrase.split(separator: " ").map(String.init)) != nil }

    mutating func use(all candidates: Set<String>) {
        for index in words.indices where candidates.contains(words[index]) { isUsed[index] = true }
    }

    /// What nobody has understood yet.
    var rest: [(index: Int, word: String)] {
        words.indices.filter { !isUsed[$0] }.map { ($0, words[$0]) }
    }

    static func words(of text: String) -> [String] {
        let folded = text.folding(options: [.diacriticInsensitive, .widthInsensitive], locale: nil).lowercased()
            .replacing("’", with: "'").replacing("–", with: "-").replacing("a.m.", with: "am")
            .replacing("p.m.", with: "pm")
        let pieces = folded.matches(of: piece).map { String($0.0) }
        var words: [String] = []
        for (index, piece) in pieces.enumerated() {
            // A hyphen only means something between two numbers.
            if piece == "-" {
                let next = pieces.indices.contains(index + 1) ? pieces[index + 1] : ""
                if words.last?.first?.isNumber == true, next.first?.isNumber == true { words.append(piece) }
            } else {
                words += spelledOut(piece)
            }
        }
        return words
    }

    /// Dates, clock times, numbers with their endings, words, hyphens.
    private static var piece: Regex<Substring> {
        #/
        \d{4}-\d{2}-\d{2} | \d{1,2}:\d{2}(?:am|pm)? | \d+(?:\.\d+)*(?:am|pm|st|nd|rd|th|h)?(?![a-z])
        | [a-z0-9]+(?:'[a-z]+)? | -
        /#
    }

    private static func spelledOut(_ word: String) -> [String] {
        guard let apostrophe = word.firstIndex(of: "'"), word != "o'clock" else { return [word] }
        let head = String(word[..<apostrophe])
        switch word[apostrophe...] {
        case "'s":
            return ["who", "what", "when", "where", "that", "there", "it"].contains(head) ? [head, "is"] : [head]
        case "'m": return [head, "am"]
        case "'re": return [head, "are"]
        case "'ve": return [head, "have"]
        case "'ll": return [head, "will"]
        case "'d": return [head, "would"]
        default: return [head]
        }
    }
}
