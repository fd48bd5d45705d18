public import Domain

/// Names of people, to tell in a question who is meant from what is asked.
public struct People: Sendable {
    private let names: [String: Set<UserID>]

    init(_ rows: some Sequence<Segment.Row>) {
        var names: [String: Set<UserID>] = [:]
        var seen: Set<UserID> = []
        for row in rows {
            guard let author = row.author, let name = row.authorName, seen.insert(author).inserted else { continue }
            for compound in Terms.compounds(of: name) {
                for part in compound where part.count > 2 { names[part, default: []].insert(author) }
            }
        }
        self.names = names
    }

    /// Who is named in a text.
    public func named(in text: String) -> Set<UserID> {
        Terms.compounds(of: text).joined().reduce(into: []) { found, word in
            found.formUnion(names[word.possessiveStripped] ?? names[word] ?? [])
        }
    }

    /// The text without anybody's name: names pull vectors towards people instead of matters.
    public func stripped(_ text: String) -> String {
        let kept = text.split(separator: " ").filter { piece in
            let words = Terms.compounds(of: String(piece)).joined()
            return words.isEmpty || !words.allSatisfy { names[$0] != nil || names[$0.possessiveStripped] != nil }
        }
        let stripped = kept.joined(separator: " ")
        return Terms.terms(of: stripped).isEmpty ? text : stripped
    }
}

extension String {
    /// The apostrophe is gone by now: "Priya's" has become "priyas".
    fileprivate var possessiveStripped: String { hasSuffix("s") ? String(dropLast()) : self }
}
