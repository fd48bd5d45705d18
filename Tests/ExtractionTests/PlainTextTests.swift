import Extraction
import Foundation
import Ingest
import Testing

struct PlainTextTests {
    private func text(_ bytes: [UInt8]) throws -> String {
        try PlainText.text(of: Data(bytes)).sections.map(\.text).joined()
    }

    @Test func `encodings that instruments write are understood`() throws {
        #expect(try text(Array("37 °C\n".utf8)) == "37 °C\n")
        #expect(try text([0x33, 0x37, 0x20, 0xB0, 0x43, 0x80]) == "37 °C€")
        #expect(try text([0xFF, 0xFE, 0x68, 0, 0x69, 0]) == "hi")
        #expect(try text(Array("one\r\ntwo\rthree".utf8)) == "one\ntwo\nthree")
    }

    @Test func `a text cut within a character loses that one only`() throws {
        #expect(try text(Array("30 µm".utf8.prefix(4))) == "30 ")
    }

    @Test func `what is too long is searched in part, and says so`() throws {
        let long = Data(repeating: UInt8(ascii: "a"), count: PlainText.longest + 1)
        let text = try PlainText.text(of: long)

        #expect(text.sections[0].text.utf8.count == PlainText.longest)
        #expect(text.note?.contains("first 4 MB") == true)
    }

    @Test(arguments: ["", " \n\t", "text\u{0}with nothing"])
    func `what holds no text is refused`(text: String) {
        #expect(throws: UnindexableFile.self) { try PlainText.text(of: Data(text.utf8)) }
    }
}
