public import Domain

/// Who may see what, at one moment of the change feed: the policies of the database, kept a second time in memory.
///
/// Content belongs to a `Scope`, a person holds `Grants`, and `Grants.admit` decides: for the search index and here.
public struct LabAudience: Sendable {
    struct Status {
        let author: UserID?
        let visibility: String?
    }

    private(set) var active: Set<UserID> = []
    private var roles: [UserID: Set<RoleID>] = [:]
    private var conversations: [UserID: Set<ConversationID>] = [:]
    private(set) var members: [ConversationID: Set<UserID>] = [:]
    private(set) var statuses: [StatusID: Status] = [:]
    private(set) var statusRoles: [StatusID: Set<RoleID>] = [:]

    public init() {}

    public func isMember(_ user: UserID) -> Bool { active.contains(user) }

    /// What somebody holds; nil for whoever is no member of the lab, who sees nothing.
    public func grants(of user: UserID) -> Grants? {
        guard active.contains(user) else { return nil }
        return Grants(user: user, roles: roles[user] ?? [], conversations: conversations[user] ?? [])
    }

    /// Takes in one change of the tables that decide; others say nothing here.
    ///
    /// - Returns: whose grants it changed.
    @discardableResult
    public mutating func apply(_ change: RowChange) -> UserID? {
        guard let table = AudienceTable(rawValue: change.table) else { return nil }
        switch table {
        case .users: return applyUser(change)
        case .userRoles: return applyRole(change)
        case .conversationMembers: return applyMembership(change)
        case .statuses: applyStatus(change)
        case .statusRoles: applyStatusRole(change)
        }
        return nil
    }

    private mutating func applyUser(_ change: RowChange) -> UserID? {
        guard let user = (change.new ?? change.old)?.id("id") as UserID? else { return nil }
        let isActive = change.new.map { $0["deactivated_at"] == nil } ?? false
        let wasActive = active.contains(user)
        if isActive { active.insert(user) } else { active.remove(user) }
        return isActive == wasActive ? nil : user
    }

    private mutating func applyRole(_ change: RowChange) -> UserID? {
        var touched: UserID?
        if let (user, role) = change.old?.holding {
            roles[user]?.remove(role)
            touched = user
        }
        if let (user, role) = change.new?.holding {
            roles[user, default: []].insert(role)
            touched = user
        }
        return touched
    }

    private mutating func applyMembership(_ change: RowChange) -> UserID? {
        let (old, new) = (change.old?.membership, change.new?.membership)
        // A read mark moved: an update that leaves the key alone.
        if let old, let new, old == new { return nil }
        if let (conversation, user) = old {
            conversations[user]?.remove(conversation)
            members[conversation]?.remove(user)
            if members[conversation]?.isEmpty == true { members[conversation] = nil }
        }
        if let (conversation, user) = new {
            conversations[user, default: []].insert(conversation)
            members[conversation, default: []].insert(user)
        }
        return (new ?? old)?.1
    }

    private mutating func applyStatus(_ change: RowChange) {
        if let id = change.old?.id("id") as StatusID?, change.new == nil { statuses[id] = nil }
        if let row = change.new, let id = row.id("id") as StatusID? {
            statuses[id] = Status(author: row.id("author_id"), visibility: row["visibility"])
        }
    }

    private mutating func applyStatusRole(_ change: RowChange) {
        if let (status, role) = change.old?.listing {
            statusRoles[status]?.remove(role)
            if statusRoles[status]?.isEmpty == true { statusRoles[status] = nil }
        }
        if let (status, role) = change.new?.listing { statusRoles[status, default: []].insert(role) }
    }
}

extension FeedRow {
    func id<Entity>(_ column: String) -> Identifier<Entity>? {
        self[column].flatMap { Identifier<Entity>($0) }
    }

    fileprivate var holding: (UserID, RoleID)? {
        guard let user: UserID = id("user_id"), let role = self["role_id"].flatMap({ RoleID($0) }) else { return nil }
        return (user, role)
    }

    fileprivate var membership: (ConversationID, UserID)? {
        guard let conversation: ConversationID = id("conversation_id"), let user: UserID = id("user_id") else {
            return nil
        }
        return (conversation, user)
    }

    fileprivate var listing: (StatusID, RoleID)? {
        guard let status: StatusID = id("status_id"), let role = self["role_id"].flatMap({ RoleID($0) }) else {
            return nil
        }
        return (status, role)
    }
}
