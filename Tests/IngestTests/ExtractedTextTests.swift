import Ingest
import Testing

struct ExtractedTextTests {
    @Test func `a text is kept and had back with its places`() throws {
        let text = ExtractedText([
            TextSection("Größe 30 µm\nzwei", at: "page 1"),
            TextSection("", at: "page 2"),
            TextSection("a | b", at: "sheet Stocks", unit: "row", first: 12),
        ])
        let again = try ExtractedText(storedText: text.storedText, sections: text.storedSections)

        #expect(again == text)
    }

    @Test func `a text kept before there were places is lines`() throws {
        let text = try ExtractedText(storedText: "one\ntwo", sections: nil)

        #expect(text.sections == [TextSection("one\ntwo", unit: "line")])
    }
}
