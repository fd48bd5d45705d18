import Extraction
import Foundation
import Testing

struct FileKindTests {
    @Test(arguments: [
        ("%PDF-1.7\n", "a.txt", "text/plain", FileKind.pdf),
        ("junk before %PDF-1.4", "a", "image/png", .pdf),
        ("PK\u{3}\u{4}rest", "a.pdf", "application/pdf", .office),
        ("{\\rtf1", "a.doc", "application/msword", .rtf),
        ("\u{89}PNG\r\n", "a.html", "text/html", .picture),
        ("plain", "a.bin", "application/octet-stream", .text),
        ("BMW is a car maker", "cars.txt", "text/plain", .text),
        ("<p>x", "a.HTML", "", .html),
        ("<p>x", "a", "text/html; charset=utf-8", .html),
        ("Subject: x\n\ny", "a.eml", "", .mail),
        ("{}", "a.ipynb", "application/json", .notebook),
        ("x = 1", "a.py", "text/x-python", .text),
    ])
    func `the first bytes decide, and names tell texts apart`(
        head: String,
        name: String,
        type: String,
        kind: FileKind
    ) {
        let bytes = Data(head.unicodeScalars.map { UInt8($0.value) })

        #expect(FileKind(head: bytes, name: name, contentType: type) == kind)
    }

    @Test(arguments: [[0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1], [0x7F, 0x45, 0x4C, 0x46, 0, 1]] as [[UInt8]])
    func `what nobody can read says why`(head: [UInt8]) {
        guard case .unreadable(let reason) = FileKind(head: Data(head), name: "a.txt", contentType: "text/plain") else {
            Issue.record("was taken for something readable")
            return
        }
        #expect(reason.hasSuffix("."))
    }
}
