import Foundation
import Ingest

/// Office files, mail, web pages and notebooks, read by scripts of our own in Python's standard library.
struct ReaderScript {
    let reading: Reading

    /// A line of what the scripts write.
    private struct Line: Decodable {
        let text: String?
        let at: String?
        let unit: String?
        let first: Int?
        let note: String?
        let refusal: String?
    }

    /// - Parameter kind: as `read.py` names it.
    func text(_ kind: String) async throws -> ExtractedText {
        guard let sources = Bundle.module.url(forResource: "Readers", withExtension: nil) else {
            throw MissingProgram(name: "The readers of files")
        }
        try reading.folder.add(sources)
        let (outcome, output) = try await reading.run(
            Programs.python,
            ["-I", "-S", "-B", reading.path("read.py"), kind, reading.input]
        )
        guard outcome == .finished else { throw Reading.refusal(outcome) }
        var sections: [TextSection] = []
        var note: String?
        for bytes in output.split(separator: UInt8(ascii: "\n")) {
            let line = try JSONDecoder().decode(Line.self, from: bytes)
            if let reason = line.refusal { throw UnindexableFile(reason: reason) }
            if let text = line.text {
                sections.append(TextSection(text, at: line.at, unit: line.unit, first: line.first ?? 1))
            }
            note = line.note ?? note
        }
        guard !sections.isEmpty else { throw UnindexableFile(reason: "It holds no text.") }
        return ExtractedText(sections, note: note)
    }
}
