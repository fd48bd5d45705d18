public import Domain

/// A change of content with the scopes that its row was in before the transaction and is in after it.
public struct ScopedChange: Sendable {
    public let table: RealtimeTable
    public let old: FeedRow?
    public let new: FeedRow?
    public let before: Scope?
    public let after: Scope?

    /// What one person is told.
    public enum View: Hashable, Sendable {
        case insert
        /// With the old row, which they could see too.
        case update
        /// The row came into their sight: without the old one.
        case appearance
        /// It was deleted, or left their sight: the old row alone.
        case delete
    }

    /// - Parameters:
    ///   - before: what they held before the transaction.
    ///   - after: what they hold after it.
    public func view(before held: Grants?, after holds: Grants?) -> View? {
        let saw = old != nil && isAdmitted(held, to: before)
        let sees = new != nil && isAdmitted(holds, to: after)
        return switch (saw, sees) {
        case (true, true): .update
        case (false, true): old == nil ? .insert : .appearance
        case (true, false): .delete
        case (false, false): nil
        }
    }

    private func isAdmitted(_ grants: Grants?, to scope: Scope?) -> Bool {
        guard let grants, let scope else { return false }
        return grants.admit(scope)
    }
}

/// What a transaction means for those who follow.
public struct Advance: Sendable {
    public let changes: [ScopedChange]
    /// What those held before whose grants the transaction changed; nil for who was no member.
    public let grantsBefore: [UserID: Grants?]
    /// A status changed hands: rights to topics that follow one may have, too.
    public let changedStatuses: Bool
}

extension LabAudience {
    /// Takes in a transaction: scopes of old rows are read before it and those of new rows after it, since what stood in
    /// between was never anybody's to see.
    public mutating func advance(_ transaction: CommittedTransaction) -> Advance {
        let content = NetChanges.of(transaction.changes)
        let before = content.map { change in change.old.flatMap { scope(of: $0, in: change.table) } }
        var held: [UserID: Grants?] = [:]
        var changedStatuses = false
        for change in transaction.changes {
            let earlier = change.touchedUser.map { ($0, grants(of: $0)) }
            if let user = apply(change), let earlier, !held.keys.contains(user) {
                held.updateValue(earlier.1, forKey: user)
            }
            changedStatuses = changedStatuses || change.table.hasPrefix("status")
        }
        let changes = zip(content, before).map { change, before in
            ScopedChange(
                table: change.table,
                old: change.old,
                new: change.new,
                before: before,
                after: change.new.flatMap { scope(of: $0, in: change.table) }
            )
        }
        return Advance(changes: changes, grantsBefore: held, changedStatuses: changedStatuses)
    }
}

extension RowChange {
    /// Whose grants it may change.
    fileprivate var touchedUser: UserID? {
        switch AudienceTable(rawValue: table) {
        case .users: (new ?? old)?.id("id")
        case .userRoles, .conversationMembers: (new ?? old)?.id("user_id")
        default: nil
        }
    }
}
