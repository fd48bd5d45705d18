/// One passage of a file's text.
public struct FilePassage: Sendable, Equatable {
    public let text: String
    /// The first line that it touches, from 1.
    public let line: Int
}

/// Cuts a file's text into passages that fit the embedder, at sentence and line ends where it can.
public struct FilePassages: Sendable {
    /// About 200 tokens of English prose; MiniLM reads 256.
    public static let maximumWords = 150
    /// Carried over, so that a sentence that a boundary cuts stays findable.
    public static let overlappingWords = 30
    /// Characters after which a word is taken for two: scripts without spaces, and data that is no prose.
    private static let longestWord = 200
    /// Characters; more is never read by the embedder.
    private static let longestPassage = 4000

    public let passages: [FilePassage]

    public init(of text: String) {
        var passages: [FilePassage] = []
        let words = Self.words(of: text)
        var start = 0
        while start < words.count {
            let end = Self.end(of: words, from: start)
            let slice = text[words[start].range.lowerBound..<words[end - 1].range.upperBound]
            passages.append(FilePassage(text: String(slice), line: words[start].line))
            if end == words.count { break }
            start = max(start + 1, end - Self.overlappingWords)
        }
        self.passages = passages
    }

    private struct Word {
        let range: Range<String.Index>
        let line: Int
        /// Characters.
        let length: Int
        /// A sentence or a line ends with it.
        let endsSentence: Bool
    }

    /// The last sentence end in the second half of the window, else the window's end.
    private static func end(of words: [Word], from start: Int) -> Int {
        var (limit, size) = (start, 0)
        while limit < words.count, limit - start < maximumWords, size < longestPassage {
            size += words[limit].length
            limit += 1
        }
        guard limit < words.count else { return limit }
        let middle = start + (limit - start) / 2
        return (words[middle..<limit].lastIndex(where: \.endsSentence) ?? limit - 1) + 1
    }

    private static func words(of text: String) -> [Word] {
        var words: [Word] = []
        var line = 1
        var start: String.Index?
        var length = 0
        func close(_ start: String.Index, _ end: String.Index, atLineEnd: Bool) {
            let last = text[text.index(before: end)]
            words.append(
                Word(range: start..<end, line: line, length: length, endsSentence: atLineEnd || ".!?。！？".contains(last))
            )
            length = 0
        }
        for index in text.indices {
            let character = text[index]
            guard character.isWhitespace else {
                if let begun = start, length == longestWord {
                    close(begun, index, atLineEnd: false)
                    start = index
                }
                if start == nil { start = index }
                length += 1
                continue
            }
            if let begun = start { close(begun, index, atLineEnd: character.isNewline) }
            start = nil
            if character.isNewline { line += 1 }
        }
        if let start { close(start, text.endIndex, atLineEnd: true) }
        return words
    }
}
