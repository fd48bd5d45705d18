public import Domain
public import Foundation

/// Conversations and messages, as their members see them.
public protocol ChatStore: Sendable {
    func conversations(_ page: PageRequest, for principal: Principal) async throws -> Page
    func conversation(_ id: ConversationID, for principal: Principal) async throws -> JSONText
    func create(_ conversation: NewConversation, _ once: Once?, for principal: Principal) async throws -> Created
    func rename(_ id: ConversationID, to name: String?, for principal: Principal) async throws -> JSONText
    func delete(_ id: ConversationID, for principal: Principal) async throws

    func members(of id: ConversationID, for principal: Principal) async throws -> [JSONText]
    func add(_ members: [UserID], to id: ConversationID, for principal: Principal) async throws -> [JSONText]
    func remove(_ member: UserID, from id: ConversationID, for principal: Principal) async throws
    /// Marks what was written until a time as read; never takes a mark back.
    func markRead(_ id: ConversationID, until: Date?, for principal: Principal) async throws -> JSONText

    func messages(_ filter: MessageFilter, _ page: PageRequest, for principal: Principal) async throws -> Page
    func message(_ id: MessageID, for principal: Principal) async throws -> JSONText
    func post(_ message: NewMessage, _ once: Once?, for principal: Principal) async throws -> Created
    func edit(_ id: MessageID, _ change: MessageChange, for principal: Principal) async throws -> JSONText
    func delete(_ id: MessageID, for principal: Principal) async throws
}

public enum MessageFilter: Sendable {
    case conversation(ConversationID)
    /// Those that name the asker with an @.
    case mentionsOfMe
}

public struct NewConversation: Sendable {
    public let name: String?
    public let isGroup: Bool
    public let members: [UserID]

    public init(name: String?, isGroup: Bool, members: [UserID]) throws {
        try Limits.check(name, "name", Limits.name)
        try Limits.check(count: members.count, "member_ids", Limits.members)
        self.name = name
        self.isGroup = isGroup
        self.members = members
    }
}

public struct NewMessage: Sendable {
    public let conversation: ConversationID
    public let content: String?
    public let mediaURL: String?
    public let replyTo: MessageID?

    /// A message says something or shows something.
    public init(conversation: ConversationID, content: String?, mediaURL: String?, replyTo: MessageID?) throws {
        guard content != nil || mediaURL != nil else { throw Limits.invalid("content", "is required") }
        try Limits.check(content, "content", Limits.content)
        try Limits.checkAddress(mediaURL, "media_url")
        self.conversation = conversation
        self.content = content
        self.mediaURL = mediaURL
        self.replyTo = replyTo
    }
}

/// Nil leaves a column as it is.
public struct MessageChange: Sendable {
    public let content: String?
    public let mediaURL: String?

    public init(content: String?, mediaURL: String?) throws {
        guard content != nil || mediaURL != nil else { throw Limits.invalid("content", "is required") }
        try Limits.check(content, "content", Limits.content)
        try Limits.checkAddress(mediaURL, "media_url")
        self.content = content
        self.mediaURL = mediaURL
    }
}
