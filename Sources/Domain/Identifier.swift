public import Foundation

/// A row's identity, typed by what it identifies, so that a message's id cannot be passed for a user's.
///
/// Written as a lower-case UUID wherever it leaves the process.
public struct Identifier<Entity>: Hashable, Sendable, Comparable, CustomStringConvertible {
    public let uuid: UUID

    public init(_ uuid: UUID = UUID()) {
        self.uuid = uuid
    }

    /// Nil when `text` is not a UUID.
    public init?(_ text: some StringProtocol) {
        guard let uuid = UUID(text: text) else { return nil }
        self.uuid = uuid
    }

    public var description: String { uuid.lowercaseText }

    public static func < (left: Self, right: Self) -> Bool { left.uuid < right.uuid }
}

extension Identifier: Codable {
    public init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let value = Self(text) else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "Expected a UUID, such as \(Self()).")
            )
        }
        self = value
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// What the ids identify; never instantiated.
public enum Entity {
    public enum User {}
    public enum Conversation {}
    public enum Message {}
    public enum Status {}
    public enum Comment {}
    public enum Schedule {}
    public enum File {}
    public enum Thread {}
    public enum Answer {}
    public enum Upload {}
    public enum Version {}
}

public typealias UserID = Identifier<Entity.User>
public typealias ConversationID = Identifier<Entity.Conversation>
public typealias MessageID = Identifier<Entity.Message>
public typealias StatusID = Identifier<Entity.Status>
public typealias CommentID = Identifier<Entity.Comment>
public typealias ScheduleID = Identifier<Entity.Schedule>
public typealias FileID = Identifier<Entity.File>
public typealias UploadID = Identifier<Entity.Upload>
public typealias VersionID = Identifier<Entity.Version>
public typealias ThreadID = Identifier<Entity.Thread>
public typealias AnswerID = Identifier<Entity.Answer>

/// `roles.id`: a serial, because the customer's schema says so.
public typealias RoleID = Int32

/// `chunks.id`.
public typealias ChunkID = Int64
