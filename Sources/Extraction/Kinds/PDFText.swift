import Foundation
import Ingest

/// PDF files page by page, by Poppler; pages that are pictures by recognition.
struct PDFText {
    /// Pages that are read; a longer file says so.
    private static let longest = 3000
    /// Pages that are recognised: each takes seconds.
    private static let mostScanned = 40
    /// Letters and digits below which a page with a picture counts as scanned: a stamp or a page number is no text.
    private static let fewest = 20

    let reading: Reading

    func text() async throws -> ExtractedText {
        let (outcome, output) = try await reading.run(
            Programs.pdfToText,
            ["-q", "-enc", "UTF-8", "-eol", "unix", "-l", "\(Self.longest)", reading.input, "-"]
        )
        if case .failed = outcome { throw try await whyNot() }
        var pages = Self.pages(output, isComplete: outcome == .finished)
        guard !pages.isEmpty else { throw Reading.refusal(outcome) }
        let isLong = outcome != .finished || pages.count == Self.longest
        var notes = isLong ? ["It is longer than what is searched: only its first \(pages.count) pages are."] : []
        if let note = try await recognise(&pages) { notes.append(note) }
        let sections = pages.enumerated()
            .filter { $0.element.contains { !$0.isWhitespace } }
            .map { TextSection($0.element, at: "page \($0.offset + 1)") }
        guard !sections.isEmpty else { throw UnindexableFile(reason: notes.last ?? "It holds no text.") }
        return ExtractedText(sections, note: notes.isEmpty ? nil : notes.joined(separator: " "))
    }

    /// Each page ends with a form feed; the last of a text that was cut off is not one.
    private static func pages(_ output: Data, isComplete: Bool) -> [String] {
        let pages = output.split(separator: 0x0C, omittingEmptySubsequences: false).dropLast()
        return pages.map { String(decoding: $0, as: UTF8.self).withoutControls }
    }

    private func whyNot() async throws -> UnindexableFile {
        let (outcome, _) = try await reading.run(Programs.pdfInfo, [reading.input])
        if case .failed(_, let message) = outcome, message.contains("Incorrect password") {
            return UnindexableFile(reason: "It is protected by a password.")
        }
        return UnindexableFile(reason: "It is damaged: it cannot be read as a PDF file.")
    }

    // MARK: Scanned pages

    /// Reads those pages that are only pictures.
    ///
    /// - Returns: what was left out, as a sentence.
    private func recognise(_ pages: inout [String]) async throws -> String? {
        let bare = pages.indices.filter {
            pages[$0].prefix(5000).count(where: { $0.isLetter || $0.isNumber }) < Self.fewest
        }
        guard !bare.isEmpty else { return nil }
        let pictured = try await pagesWithPictures(from: bare[0] + 1, to: bare[bare.count - 1] + 1)
        let scanned = bare.filter { pictured.contains($0 + 1) }
        let picture = PictureText(reading: reading)
        var failed = 0
        for page in scanned.prefix(Self.mostScanned) {
            try Task.checkCancellation()
            do {
                if let text = try await picture.text(ofPage: page + 1) { pages[page] = text } else { failed += 1 }
            } catch let missing as MissingProgram where scanned.count < pages.count {
                return "Its \(scanned.count) scanned pages are not searched, as \(missing.name) is not installed."
            }
        }
        if scanned.count > Self.mostScanned {
            return "Of its \(scanned.count) scanned pages only the first \(Self.mostScanned) are searched."
        }
        return failed > 0 ? "\(failed) of its scanned pages could not be read." : nil
    }

    private func pagesWithPictures(from first: Int, to last: Int) async throws -> Set<Int> {
        let (_, output) = try await reading.run(
            Programs.pdfImages,
            ["-list", "-f", "\(first)", "-l", "\(last)", reading.input]
        )
        // A table: the page comes first; of the two lines above it, no number does.
        return Set(
            String(decoding: output, as: UTF8.self).split(separator: "\n")
                .compactMap { $0.split(separator: " ").first.flatMap { Int($0) } }
        )
    }
}
