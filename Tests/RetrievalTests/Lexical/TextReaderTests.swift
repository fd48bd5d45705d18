import Retrieval
import Testing

struct TextReaderTests {
    /// What `Terms` says, and two words without digits as one, stemmed, unless they become a stop word.
    private func expected(_ text: String) -> (words: [TermKey], compounds: [TermKey]) {
        let terms = Terms.terms(of: text)
        let compounds = terms.filter { $0.contains("-") }.flatMap { whole -> [String] in
            let words = whole.split(separator: "-")
            guard words.count == 2, !whole.utf8.contains(where: { (48...57).contains($0) }) else { return [whole] }
            return [whole] + Terms.terms(of: words.joined())
        }
        return (terms.filter { !$0.contains("-") }.map { TermKey($0) }, compounds.map { TermKey($0) })
    }

    @Test(arguments: [
        "The centrifuges were running at 4 °C; don't open AB-12345 before 3 p.m.!", "a.-b --c- -d 'e' f's g'-'h",
        "one/two_three.four-five six- -seven ...eight", "", " \n\t", "Zürich's Müller sagte: 10-20 µl",
        "抗体 in the 冰箱 box-2",
        String(repeating: "longword", count: 20) + "-and-" + String(repeating: "x", count: 64),
        "It's what we're doing: THE-END", "x-the-y and the-the",
    ])
    func `it reads the terms that texts are said to have`(_ text: String) {
        let (words, compounds) = TextReader.lend { reader in
            reader.begin()
            reader.readText(text)
            return (reader.words, reader.compounds)
        }

        #expect(words == expected(text).words)
        #expect(compounds == expected(text).compounds)
    }

    @Test func `any text of letters and joiners is read alike, whatever was read before`() {
        var random = Lehmer(state: 9)
        let pieces = ["gel", "The", "running", "-", ".", "_", "/", "'", " ", "!", "7", "monday", "ü", "’", "--"]
        for _ in 0..<2000 {
            let text = (0..<Int.random(in: 1...12, using: &random))
                .map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
            let (words, compounds, tellsTime) = TextReader.lend { reader in
                reader.begin()
                reader.readText(text)
                return (reader.words, reader.compounds, reader.tellsTime)
            }

            #expect(words == expected(text).words, "\(text)")
            #expect(compounds == expected(text).compounds, "\(text)")
            #expect(tellsTime == text.lowercased().contains("monday") || !tellsTime, "\(text)")
        }
    }
}
