public import Foundation

/// The kinds of row that the assistant can find and cite.
public enum SourceKind: String, Codable, Sendable, CaseIterable {
    case message
    case status
    case comment
    case schedule
    case file
}

/// The row that a passage was taken from.
public struct SourceReference: Hashable, Codable, Sendable, CustomStringConvertible {
    public let kind: SourceKind
    public let id: UUID

    public init(kind: SourceKind, id: UUID) {
        self.kind = kind
        self.id = id
    }

    private enum CodingKeys: String, CodingKey {
        case kind, id
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        kind = try container.decode(SourceKind.self, forKey: .kind)
        id = try container.decode(UUID.self, forKey: .id)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(kind, forKey: .kind)
        try container.encode(id.uuidString.lowercased(), forKey: .id)
    }

    public var description: String { "\(kind.rawValue):\(id.uuidString.lowercased())" }
}
