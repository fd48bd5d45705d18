/// Cuts a reply that is still coming into statements, and lets through those that their passages bear out.
struct StatementStream {
    typealias Supported = (text: String, cited: [Int])

    private static let refusal = "NOT FOUND"

    private let check: CitationCheck
    private var raw = ""
    private var taken = 0

    init(_ check: CitationCheck) {
        self.check = check
    }

    var length: Int { raw.count }

    /// A statement is complete when another has begun: its numbers may come after its full stop.
    mutating func read(_ text: String) -> [Supported] {
        raw += text
        guard text.contains(where: { ".!?]\n".contains($0) }) else { return [] }
        let statements = self.statements
        return take(statements, upTo: statements.count - 1)
    }

    mutating func finish() -> [Supported] {
        let statements = self.statements
        return take(statements, upTo: statements.count)
    }

    private var statements: [String] {
        raw.hasPrefix(Self.refusal) ? [] : CitationCheck.statements(Addresses.removed(from: raw))
    }

    private mutating func take(_ statements: [String], upTo end: Int) -> [Supported] {
        guard taken < end else { return [] }
        defer { taken = end }
        return statements[taken..<end].compactMap(check.supported)
    }
}
