import Foundation

/// How a text is kept: all of it as one, and beside it where its sections begin.
extension ExtractedText {
    private struct Mark: Codable {
        let at: String?
        let unit: String?
        let first: Int
        /// Of the section's text, in UTF-8.
        let bytes: Int
    }

    /// A section ends with a line feed that is not its own.
    public var storedText: String { sections.map(\.text).joined(separator: "\n") }

    public var storedSections: String {
        get throws {
            let marks = sections.map { Mark(at: $0.place, unit: $0.unit, first: $0.first, bytes: $0.text.utf8.count) }
            return String(decoding: try JSONEncoder().encode(marks), as: UTF8.self)
        }
    }

    /// - Parameter sections: nil of texts that were kept before there were sections: lines, all of them.
    public init(storedText text: String, sections: String?) throws {
        guard let sections else {
            self.init([TextSection(text, unit: "line")])
            return
        }
        let utf8 = text.utf8
        var start = utf8.startIndex
        self.init(
            try JSONDecoder().decode([Mark].self, from: Data(sections.utf8)).map { mark in
                let end = utf8.index(start, offsetBy: mark.bytes, limitedBy: utf8.endIndex) ?? utf8.endIndex
                defer { start = utf8.index(end, offsetBy: 1, limitedBy: utf8.endIndex) ?? utf8.endIndex }
                return TextSection(String(text[start..<end]), at: mark.at, unit: mark.unit, first: mark.first)
            }
        )
    }
}
