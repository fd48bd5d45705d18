public import Domain

/// The status feed, as its audience sees it.
public protocol FeedStore: Sendable {
    func feed(author: UserID?, _ page: PageRequest, for principal: Principal) async throws -> Page
    func status(_ id: StatusID, for principal: Principal) async throws -> JSONText
    func post(_ status: NewStatus, _ once: Once?, for principal: Principal) async throws -> Created
    func edit(_ id: StatusID, _ change: StatusChange, for principal: Principal) async throws -> JSONText
    func delete(_ id: StatusID, for principal: Principal) async throws

    func comments(on status: StatusID, _ page: PageRequest, for principal: Principal) async throws -> Page
    func comment(_ id: CommentID, for principal: Principal) async throws -> JSONText
    func post(_ comment: NewComment, _ once: Once?, for principal: Principal) async throws -> Created
    func edit(_ id: CommentID, text: CommentText, for principal: Principal) async throws -> JSONText
    func delete(_ id: CommentID, for principal: Principal) async throws
}

public enum Visibility: String, Sendable, CaseIterable {
    case everyone = "public"
    case author = "private"
    case roles = "role-based"
}

public struct NewStatus: Sendable {
    public let text: String?
    public let mediaURL: String?
    public let visibility: Visibility
    /// Names of roles; only for a role-based status, which needs one at least.
    public let roles: [String]

    public init(text: String?, mediaURL: String?, visibility: Visibility, roles: [String]) throws {
        guard text != nil || mediaURL != nil else { throw Limits.invalid("text", "is required") }
        try Limits.check(text, "text", Limits.content)
        try Limits.checkAddress(mediaURL, "media_url")
        try Audience.check(visibility, roles)
        self.text = text
        self.mediaURL = mediaURL
        self.visibility = visibility
        self.roles = roles
    }
}

/// Nil leaves a column as it is.
public struct StatusChange: Sendable {
    public let text: String?
    public let mediaURL: String?
    public let audience: Audience?

    public init(text: String?, mediaURL: String?, audience: Audience?) throws {
        guard text != nil || mediaURL != nil || audience != nil else {
            throw Limits.invalid("text", "is required, or media_url or visibility")
        }
        try Limits.check(text, "text", Limits.content)
        try Limits.checkAddress(mediaURL, "media_url")
        self.text = text
        self.mediaURL = mediaURL
        self.audience = audience
    }
}

public struct Audience: Sendable {
    public let visibility: Visibility
    public let roles: [String]

    public init(_ visibility: Visibility, roles: [String]) throws {
        try Self.check(visibility, roles)
        self.visibility = visibility
        self.roles = roles
    }

    static func check(_ visibility: Visibility, _ roles: [String]) throws {
        try Limits.check(count: roles.count, "roles", Limits.roles)
        switch visibility {
        case .roles where roles.isEmpty: throw Limits.invalid("roles", "must list a role for a role-based status")
        case .everyone where !roles.isEmpty, .author where !roles.isEmpty:
            throw Limits.invalid("roles", "belongs to a role-based status only")
        default: break
        }
    }
}

public struct NewComment: Sendable {
    public let status: StatusID
    public let text: CommentText

    public init(status: StatusID, text: CommentText) {
        self.status = status
        self.text = text
    }
}

public struct CommentText: Sendable {
    public let text: String

    public init(_ text: String) throws {
        try Limits.check(text, "text", Limits.content)
        self.text = text
    }
}
