public import Domain

/// Who may listen and speak on a private topic: `conversation:<id>`, `status:<id>`, `user:<id>`, `role:<id>`, `lab` and
/// `lab:<anything>`. Other private topics are nobody's.
public enum TopicRight: Hashable, Sendable {
    case lab
    case conversation(ConversationID)
    case status(StatusID)
    case user(UserID)
    case role(RoleID)

    /// - Parameter topic: without `realtime:`.
    public init?(_ topic: String) {
        let parts = topic.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        switch (parts.first, parts.count) {
        case ("lab", _): self = .lab
        case ("conversation", 2):
            guard let id = ConversationID(parts[1]) else { return nil }
            self = .conversation(id)
        case ("status", 2):
            guard let id = StatusID(parts[1]) else { return nil }
            self = .status(id)
        case ("user", 2):
            guard let id = UserID(parts[1]) else { return nil }
            self = .user(id)
        case ("role", 2):
            guard let id = RoleID(parts[1]) else { return nil }
            self = .role(id)
        default: return nil
        }
    }
}

extension LabAudience {
    public func admits(_ user: UserID, to right: TopicRight) -> Bool {
        guard let grants = grants(of: user) else { return false }
        switch right {
        case .lab: return true
        case .conversation(let id): return grants.admit(.conversation(id))
        case .status(let id): return scope(ofStatus: id).map(grants.admit) ?? false
        case .user(let id): return id == user
        case .role(let id): return grants.roles.contains(id)
        }
    }
}
