import Foundation

/// The audience that a piece of content belongs to; every piece belongs to exactly one.
public enum Scope: Hashable, Sendable {
    /// All signed-in members of the lab.
    case everyone
    /// The members of one conversation.
    case conversation(ConversationID)
    /// One person.
    case author(UserID)
    /// Whoever holds one of the roles (ascending, no duplicates), and the author.
    case roles([RoleID], author: UserID)
}

/// The text in `chunks.scope`: `everyone`, `conversation:<id>`, `author:<id>`, `roles:1,3:<author id>`.
extension Scope: LosslessStringConvertible {
    public init?(_ description: String) {
        let parts = description.split(separator: ":", omittingEmptySubsequences: false)
        switch (parts.first, parts.count) {
        case ("everyone", 1):
            self = .everyone
        case ("conversation", 2):
            guard let id = ConversationID(parts[1]) else { return nil }
            self = .conversation(id)
        case ("author", 2):
            guard let id = UserID(parts[1]) else { return nil }
            self = .author(id)
        case ("roles", 3):
            guard let author = UserID(parts[2]) else { return nil }
            let roles = parts[1].split(separator: ",").compactMap { RoleID($0) }
            self = .roles(Set(roles).sorted(), author: author)
        default:
            return nil
        }
    }

    public var description: String {
        switch self {
        case .everyone: "everyone"
        case .conversation(let id): "conversation:\(id)"
        case .author(let id): "author:\(id)"
        case .roles(let roles, let author): "roles:\(roles.map(String.init).joined(separator: ",")):\(author)"
        }
    }
}

/// What one user holds at one moment: enough to decide, for any scope, whether they are in it.
public struct Grants: Hashable, Sendable {
    public let user: UserID
    public let roles: Set<RoleID>
    public let conversations: Set<ConversationID>

    public init(user: UserID, roles: Set<RoleID>, conversations: Set<ConversationID>) {
        self.user = user
        self.roles = roles
        self.conversations = conversations
    }

    public func admit(_ scope: Scope) -> Bool {
        switch scope {
        case .everyone: true
        case .conversation(let id): conversations.contains(id)
        case .author(let id): id == user
        case .roles(let listed, let author): author == user || listed.contains(where: roles.contains)
        }
    }
}
