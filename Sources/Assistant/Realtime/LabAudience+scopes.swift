public import Domain
import Foundation

extension LabAudience {
    /// Whether a row is in sight of who holds so much, as things stand.
    public func admits(_ grants: Grants, to row: FeedRow, of table: RealtimeTable) -> Bool {
        scope(of: row, in: table).map(grants.admit) ?? false
    }

    /// The scope of a row as things stand; nil when nobody may see it.
    func scope(of row: FeedRow, in table: RealtimeTable) -> Scope? {
        switch table {
        case .messages, .conversationMembers: row.id("conversation_id").map(Scope.conversation)
        case .conversations: row.id("id").map(Scope.conversation)
        case .statuses: row.id("id").flatMap(scope(ofStatus:))
        case .statusComments: row.id("status_id").flatMap(scope(ofStatus:))
        case .labSchedules: .everyone
        case .files: scope(ofFile: row)
        }
    }

    /// Nil for a status that is not there.
    func scope(ofStatus id: StatusID) -> Scope? {
        guard let status = statuses[id] else { return nil }
        switch status.visibility {
        case "public": return .everyone
        case "role-based":
            // Without an author nobody is let in on that account: the nil UUID is no member.
            return .roles((statusRoles[id] ?? []).sorted(), author: status.author ?? Self.nobody)
        default: return status.author.map(Scope.author)
        }
    }

    private func scope(ofFile row: FeedRow) -> Scope? {
        if row["conversation_id"] != nil { return row.id("conversation_id").map(Scope.conversation) }
        if row["status_id"] != nil { return row.id("status_id").flatMap(scope(ofStatus:)) }
        if row["schedule_id"] != nil { return .everyone }
        // In a public bucket, which the realm of its paths says: it changes with the bucket, in the same transaction.
        if row["path_realm"].flatMap(UserID.init) == Self.nobody { return .everyone }
        return row.id("owner_id").map(Scope.author)
    }

    private static let nobody = UserID(UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)))
}
