import Foundation

/// A question's words, folded, with contractions written out; each can be marked as understood.
package struct SpokenWords {
    package private(set) var words: [String]
    package private(set) var isUsed: [Bool]

    package init(_ text: String) {
        words = Self.words(of: text)
        isUsed = words.map { _ in false }
    }

    package subscript(_ index: Int) -> String { words.indices.contains(index) ? words[index] : "" }

    package var indices: Range<Int> { words.indices }

    package mutating func use(_ range: Range<Int>) {
        for index in range where words.indices.contains(index) { isUsed[index] = true }
    }

    /// True when one of these words occurs and is not understood as something else yet.
    package func has(_ candidates: Set<String>) -> Bool {
        words.indices.contains { !isUsed[$0] && candidates.contains(words[$0]) }
    }

    /// Where words stand in a row.
    package func place(of phrase: [String]) -> Range<Int>? {
        guard phrase.count <= words.count else { return nil }
        for start in 0...(words.count - phrase.count)
        where Array(words[start..<(start + phrase.count)]) == phrase {
            return start..<(start + phrase.count)
        }
        return nil
    }

    package func has(phrase: String) -> Bool { place(of: phrase.split(separator: " ").map(String.init)) != nil }

    package mutating func use(all candidates: Set<String>) {
        for index in words.indices where candidates.contains(words[index]) { isUsed[index] = true }
    }

    /// What nobody has understood yet.
    package var rest: [(index: Int, word: String)] {
        words.indices.filter { !isUsed[$0] }.map { ($0, words[$0]) }
    }

    package static func words(of text: String) -> [String] {
        let isPlain = text.utf8.allSatisfy { $0 < 0x80 }
        var folded = isPlain ? text.lowercased() : Self.folded(text)
        if folded.utf8.contains(UInt8(ascii: ".")) {
            folded = folded.replacing("a.m.", with: "am").replacing("p.m.", with: "pm")
        }
        let pieces = Self.pieces(Array(folded.utf8))
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

    private static func folded(_ text: String) -> String {
        text.folding(options: [.diacriticInsensitive, .widthInsensitive], locale: nil).lowercased()
            .replacing("’", with: "'").replacing("–", with: "-")
    }

    /// Words with their apostrophes, numbers with what is joined to them ("9:30", "2026-11-25", "3pm"), single hyphens.
    private static func pieces(_ text: [UInt8]) -> [String] {
        var pieces: [String] = []
        var index = 0
        func byte(_ place: Int) -> UInt8 { place < text.count ? text[place] : 0 }
        while index < text.count {
            let start = index
            if isDigit(byte(index)) {
                while isDigit(byte(index)) || ":.".utf8.contains(byte(index)) && isDigit(byte(index + 1)) { index += 1 }
                // A date is written with two hyphens.
                if index - start == 4, byte(index) == hyphen, isDigit(byte(index + 1)), byte(index + 3) == hyphen {
                    while isDigit(byte(index)) || byte(index) == hyphen { index += 1 }
                }
                while isLetter(byte(index)) || isDigit(byte(index)) { index += 1 }
            } else if isLetter(byte(index)) {
                while isLetter(byte(index)) || isDigit(byte(index))
                    || byte(index) == apostrophe && isLetter(byte(index + 1))
                {
                    index += 1
                }
            } else {
                index += 1
                if byte(start) != hyphen { continue }
            }
            pieces.append(String(decoding: text[start..<index], as: UTF8.self))
        }
        return pieces
    }

    private static let hyphen = UInt8(ascii: "-")
    private static let apostrophe = UInt8(ascii: "'")

    private static func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }

    private static func isLetter(_ byte: UInt8) -> Bool { (97...122).contains(byte) }

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
