import Foundation
import Ingest

/// Pictures of text, recognised by Tesseract.
struct PictureText {
    /// Pixels of a page's longer side: about 300 dots an inch of A4, which Tesseract likes best.
    private static let pageSide = 3300

    let reading: Reading

    /// Of the file itself.
    func text() async throws -> ExtractedText {
        let (outcome, output) = try await recognise("input")
        switch outcome {
        case .finished: break
        case .tookTooLong, .wroteTooMuch: throw Reading.refusal(outcome)
        case .failed: throw UnindexableFile(reason: "The picture is damaged, or too large to be read for its text.")
        }
        let pages = Self.pages(output)
        let sections = pages.enumerated().filter { Self.isText($0.element) }
            .map { TextSection($0.element, at: pages.count > 1 ? "page \($0.offset + 1)" : nil) }
        guard !sections.isEmpty else { throw UnindexableFile(reason: "No text was found in the picture.") }
        return ExtractedText(sections)
    }

    /// Of a page of a PDF file; nil when it cannot be drawn or read, empty when there is nothing on it.
    func text(ofPage page: Int) async throws -> String? {
        var drawing = reading.process
        drawing.limits.output = 64 << 20
        let picture = "\(reading.folder.path)/page"
        let drawn = try await drawing.run(
            Programs.pdfToPicture,
            [
                "-q", "-gray", "-singlefile", "-f", "\(page)", "-l", "\(page)", "-scale-to", "\(Self.pageSide)",
                reading.input,
            ],
            in: reading.folder.path,
            output: picture
        )
        guard drawn == .finished else { return nil }
        try reading.folder.hand(over: picture)
        let (outcome, output) = try await recognise("page")
        guard outcome == .finished else { return nil }
        let text = Self.pages(output).joined(separator: "\n")
        return Self.isText(text) ? text : ""
    }

    private func recognise(_ name: String) async throws -> (outcome: LimitedProcess.Outcome, output: Data) {
        try await reading.run(Programs.tesseract, [reading.path(name), "-"], output: "recognised")
    }

    private static func pages(_ output: Data) -> [String] {
        String(decoding: output, as: UTF8.self).split(separator: "\u{0C}", omittingEmptySubsequences: true)
            .map { String($0).withoutControls }
    }

    /// Of specks and axes Tesseract makes single letters: a text has at least two words.
    private static func isText(_ text: String) -> Bool {
        let words = text.split { !$0.isLetter && !$0.isNumber }.filter { $0.count >= 3 }
        return words.count >= 2
    }
}
