/// What was read out of a file, in the file's order.
public struct ExtractedText: Sendable, Equatable {
    public let sections: [TextSection]
    /// What was left out, as a sentence; nil when nothing was.
    public let note: String?

    public init(_ sections: [TextSection], note: String? = nil) {
        self.sections = sections
        self.note = note
    }
}

/// A stretch of a file's text that one place is told for: a page, a sheet, a slide, or all of it.
public struct TextSection: Sendable, Equatable {
    public let text: String
    /// "page 3", "sheet Stocks"; nil for the file itself.
    public let place: String?
    /// What the text's lines are called where they are worth telling: "line", "row".
    public let unit: String?
    /// The number of the first line.
    public let first: Int

    public init(_ text: String, at place: String? = nil, unit: String? = nil, first: Int = 1) {
        self.text = text
        self.place = place
        self.unit = unit
        self.first = first
    }

    /// - Parameter line: of the section's text, from 1.
    func locator(line: Int) -> String? {
        let parts = [place, unit.map { "\($0) \(first + line - 1)" }].compactMap { $0 }
        return parts.isEmpty ? nil : parts.joined(separator: ", ")
    }
}
