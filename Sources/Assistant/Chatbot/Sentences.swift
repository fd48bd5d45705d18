import Foundation

/// Cuts text into sentences; a line break ends one too.
enum Sentences {
    static func sentences(of text: String) -> [String] {
        var sentences: [String] = []
        for line in text.split(whereSeparator: \.isNewline) {
            var start = line.startIndex
            var index = line.startIndex
            while index < line.endIndex {
                let next = line.index(after: index)
                if ".!?".contains(line[index]), next == line.endIndex || line[next].isWhitespace,
                    !endsInAbbreviation(line[start...index])
                {
                    sentences.append(String(line[start..<next]))
                    start = next
                }
                index = next
            }
            sentences.append(String(line[start...]))
        }
        return sentences.map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
    }

    /// Whether a word ends its sentence, citations after the full stop left aside.
    static func ends(with word: String) -> Bool {
        let word = word.replacing(/(?:\[\d{1,2}\])+$/, with: "")
        guard let last = word.last(where: { !"\"”’)".contains($0) }), ".!?".contains(last) else { return false }
        return !endsInAbbreviation(word[...])
    }

    private static let abbreviations: Set<String> = [
        "e.g.", "i.e.", "etc.", "dr.", "prof.", "fig.", "vs.", "approx.", "no.", "cat.", "ca.",
    ]

    private static func endsInAbbreviation(_ text: Substring) -> Bool {
        guard let last = text.split(separator: " ").last else { return false }
        return abbreviations.contains(last.lowercased())
    }
}
