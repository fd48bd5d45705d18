/// The tables whose changes can be subscribed to.
public enum RealtimeTable: String, CaseIterable, Sendable {
    case messages
    case statuses
    case statusComments = "status_comments"
    case conversations
    case conversationMembers = "conversation_members"
    case labSchedules = "lab_schedules"
    case files

    /// Their rows' primary key.
    public var key: [String] {
        switch self {
        case .conversationMembers: ["conversation_id", "user_id"]
        default: ["id"]
        }
    }
}

/// The tables that decide who may see what; their changes are never left out.
public enum AudienceTable: String, CaseIterable, Sendable {
    case users
    case userRoles = "user_roles"
    case conversationMembers = "conversation_members"
    case statuses
    case statusRoles = "status_roles"
}
