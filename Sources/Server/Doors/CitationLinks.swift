import Assistant
import Domain
import Foundation

/// Citations as annotations of the text they stand in.
struct CitationLinks {
    let text: String
    let citations: [Citation]

    /// One a mention: where `[n]` stands, in code points, and the row that it points to.
    private var mentions: [(citation: Citation, start: Int, end: Int)] {
        text.matches(of: /\[(\d{1,3})\]/).compactMap { match in
            guard let citation = citations.first(where: { "\($0.n)" == match.1 }) else { return nil }
            let start = text.unicodeScalars.distance(from: text.startIndex, to: match.range.lowerBound)
            return (citation, start, start + match.0.unicodeScalars.count)
        }
    }

    /// For chat completions.
    var nested: JSONValue {
        .list(mentions.map { ["type": "url_citation", "url_citation": .object(Self.fields($0))] })
    }

    /// For responses.
    var flat: [JSONValue] {
        mentions.map { .object(Self.fields($0).merging(["type": "url_citation"]) { $1 }) }
    }

    private static func fields(_ mention: (citation: Citation, start: Int, end: Int)) -> [String: JSONValue] {
        [
            "url": .text(address(of: mention.citation.source)),
            "title": .text(mention.citation.whereabouts),
            "start_index": .integer(mention.start),
            "end_index": .integer(mention.end),
        ]
    }

    /// A path of this server: an answer never carries an address of anybody else's.
    static func address(of source: SourceReference) -> String {
        let id = source.id.uuidString.lowercased()
        return switch source.kind {
        case .message: "/api/chat/messages/\(id)"
        case .status: "/api/status/\(id)"
        case .comment: "/api/status/comments/\(id)"
        case .schedule: "/api/schedules/\(id)"
        case .file: "/api/files/download?id=\(id)"
        }
    }
}
