import Retrieval
import Testing

struct TextReaderTests {
    @Test(arguments: [
        "The centrifuges were running at 4 °C; don't open AB-12345 before 3 p.m.!", "a.-b --c- -d 'e' f's g'-'h",
        "one/two_three.four-five six- -seven ...eight", "", " \n\t", "Zürich's Müller sagte: 10-20 µl",
        "抗体 in the 冰箱 box-2",
        String(repeating: "longword", count: 20) + "-and-" + String(repeating: "x", count: 64),
        "It's what we're doing: THE-END", "x-the-y and the-the",
    ])
    func `it reads the terms that texts are said to have`(_ text: String) {
        let keys = TextReader.lend { reader in
            reader.begin()
            reader.readText(text)
            return reader.terms
        }

        #expect(keys == Terms.terms(of: text).map { TermKey($0) })
    }

    @Test func `any text of letters and joiners is read alike, whatever was read before`() {
        var random = Lehmer(state: 9)
        let pieces = ["gel", "The", "running", "-", ".", "_", "/", "'", " ", "!", "7", "monday", "ü", "’", "--"]
        for _ in 0..<2000 {
            let text = (0..<Int.random(in: 1...12, using: &random))
                .map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
            let (keys, tellsTime) = TextReader.lend { reader in
                reader.begin()
                reader.readText(text)
                return (reader.terms, reader.tellsTime)
            }

            #expect(keys == Terms.terms(of: text).map { TermKey($0) }, "\(text)")
            #expect(tellsTime == text.lowercased().contains("monday") || !tellsTime, "\(text)")
        }
    }
}
