/// Cuts a text that is still coming into words in which no address is left; the letters that a word begins with are
/// passed on before the word is whole.
///
/// A word that may be part of a link or a tag is held back until that is closed, however many words that takes.
struct InertWords {
    /// Characters of a link or tag that may stay open; a longer one is made harmless as it stands.
    private static let longestConstruct = 300

    struct Piece: Equatable {
        /// What stood before the word, a space or a line break; empty where the piece goes on with a word.
        let gap: String
        let text: String
        /// The whole word, when it ends here.
        let word: String?
        let startsWord: Bool
    }

    private var gap = ""
    private var held = ""
    private var passedOn = ""
    private var hasStartedWord = false

    mutating func read(_ text: String) -> [Piece] {
        var pieces: [Piece] = []
        // Characters that only steer a terminal have no business in an answer, and NUL none in a database.
        for character in text where character.isWhitespace || !character.unicodeScalars.contains(where: Self.steers) {
            guard character.isWhitespace, held.count >= Self.longestConstruct || !Self.isOpen(held) else {
                held.append(character)
                continue
            }
            if let piece = endWord() { pieces.append(piece) }
            gap = character.isNewline || gap == "\n" ? "\n" : " "
        }
        if let piece = passOn() { pieces.append(piece) }
        return pieces
    }

    private static func steers(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || (0x7f..<0xa0).contains(scalar.value)
    }

    mutating func finish() -> [Piece] {
        endWord().map { [$0] } ?? []
    }

    /// Plain letters need not wait for what follows: an address is more than they.
    private mutating func passOn() -> Piece? {
        guard held.count > passedOn.count, held.allSatisfy(\.isLetter) else { return nil }
        let text = String(held.dropFirst(passedOn.count))
        passedOn = held
        return piece(text, word: nil)
    }

    private mutating func endWord() -> Piece? {
        guard !held.isEmpty else { return nil }
        let word = Self.harmless(held)
        let rest = word.hasPrefix(passedOn) ? String(word.dropFirst(passedOn.count)) : word
        let piece = piece(rest, word: word)
        held = ""
        passedOn = ""
        hasStartedWord = false
        return piece
    }

    private mutating func piece(_ text: String, word: String?) -> Piece {
        defer {
            gap = ""
            hasStartedWord = true
        }
        return Piece(gap: gap, text: text, word: word, startsWord: !hasStartedWord)
    }

    private static func harmless(_ text: String) -> String {
        guard text.contains(where: { ".:/<[@".contains($0) }) else { return text }
        guard isOpen(text) else { return Addresses.removed(from: text) }
        let closed = text.replacing("](", with: "] (").replacing("[", with: "(").replacing("<", with: "‹")
        return Addresses.removed(from: closed)
    }

    /// Whether a link, an image or a tag has begun in it and not ended.
    private static func isOpen(_ text: String) -> Bool {
        if let tag = text.lastIndex(of: "<"), let next = text[tag...].dropFirst().first,
            next.isLetter || "/!".contains(next), !text[tag...].contains(">")
        {
            return true
        }
        guard let bracket = text.lastIndex(of: "[") else { return false }
        let rest = text[bracket...]
        guard let end = rest.firstIndex(of: "]") else { return true }
        let after = rest[rest.index(after: end)...]
        return after.first == "(" && !after.contains(")")
    }
}
