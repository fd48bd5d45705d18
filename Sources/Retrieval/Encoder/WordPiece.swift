import Foundation

/// The tokenizer of uncased BERT: normalise, split at spaces and punctuation, then longest known pieces first.
public struct WordPiece: Sendable {
    public static let maximumTokens = 256
    private static let longestWord = 100
    private static let unknown: Int32 = 100
    private static let start: Int32 = 101
    private static let end: Int32 = 102

    private let vocabulary: [String: Int32]

    /// - Parameter vocabulary: one piece a line, its number the line's.
    init(vocabulary text: String) {
        var vocabulary: [String: Int32] = [:]
        for (number, piece) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            vocabulary[String(piece.hasSuffix("\r") ? piece.dropLast() : piece)] = Int32(number)
        }
        self.vocabulary = vocabulary
    }

    var count: Int { vocabulary.count }

    /// `[CLS]`, at most 254 pieces, `[SEP]`.
    public func tokens(of text: String) -> [Int32] {
        var tokens = [Self.start]
        for word in BertNormalizer.words(of: text) {
            append(word, to: &tokens)
            if tokens.count >= Self.maximumTokens { break }
        }
        if tokens.count >= Self.maximumTokens { tokens.removeSubrange((Self.maximumTokens - 1)...) }
        tokens.append(Self.end)
        return tokens
    }

    private func append(_ word: String, to tokens: inout [Int32]) {
        if let whole = vocabulary[word], word.unicodeScalars.count <= Self.longestWord {
            tokens.append(whole)
            return
        }
        let scalars = Array(word.unicodeScalars)
        guard scalars.count <= Self.longestWord else {
            tokens.append(Self.unknown)
            return
        }
        var pieces: [Int32] = []
        var begin = 0
        while begin < scalars.count {
            var finish = scalars.count
            var found: Int32?
            while finish > begin {
                var piece = String.UnicodeScalarView(scalars[begin..<finish])
                if begin > 0 { piece.insert(contentsOf: "##".unicodeScalars, at: piece.startIndex) }
                found = vocabulary[String(piece)]
                if found != nil { break }
                finish -= 1
            }
            guard let found else {
                tokens.append(Self.unknown)
                return
            }
            pieces.append(found)
            begin = finish
        }
        tokens += pieces
    }
}
