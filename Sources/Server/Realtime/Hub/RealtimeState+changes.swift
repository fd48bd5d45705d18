import Assistant
import Domain
import Foundation
import NIOCore

/// What the database's commits mean for those who are connected.
extension RealtimeState {
    mutating func begin(_ start: FeedStart) {
        audience = start.audience
        window = ReplayWindow(capacity: keptChanges, after: start.position)
        position = ReplayWindow.Position(commit: start.position, index: .max)
        shapes = Dictionary(
            start.shapes.compactMap { shape in RealtimeTable(rawValue: shape.name).map { ($0, shape) } },
            uniquingKeysWith: { first, _ in first }
        )
        endStrangers(among: nil)
    }

    /// What is committed from now on is not seen: whoever relies on it joins again when it is.
    mutating func interrupt() {
        audience = nil
        window = nil
        for (key, channel) in channels where channel.needsFeed { fail(key) }
    }

    mutating func apply(_ transaction: CommittedTransaction) {
        guard let advance = audience?.advance(transaction) else { return }
        window?.note(grantsOf: advance.grantsBefore.keys, changedAt: transaction.position)
        for (index, change) in advance.changes.enumerated() {
            let entry = ReplayWindow.Entry(
                position: .init(commit: transaction.position, index: index),
                time: transaction.time,
                change: change
            )
            position = entry.position
            deliver(entry, advance.grantsBefore)
            window?.append(entry)
        }
        for change in transaction.changes { endCredential(change) }
        if !advance.grantsBefore.isEmpty || advance.changedStatuses {
            endStrangers(among: advance.changedStatuses ? nil : Set(advance.grantsBefore.keys))
        }
        if transaction.isCut { missed(transaction) }
    }

    /// Some changes were too many to be told: whoever follows them is to look for themselves.
    private mutating func missed(_ transaction: CommittedTransaction) {
        position = ReplayWindow.Position(commit: transaction.position, index: .max)
        window?.restart(after: transaction.position)
        for (key, channel) in channels where !channel.subscriptions.isEmpty { fail(key) }
    }

    /// One change to everybody who follows it and may see it, in one frame for all who are told the same.
    private mutating func deliver(_ entry: ReplayWindow.Entry, _ held: [UserID: Grants?]) {
        var views: [UserID: ScopedChange.View?] = [:]
        var recipients: [Recipient: (view: ScopedChange.View, ids: [Int])] = [:]
        for group in followed.values where group.subscription.mayWant(entry.change) {
            var wanted: [ScopedChange.View: Bool] = [:]
            for (user, keys) in group.followers {
                let view: ScopedChange.View?
                if let known = views[user] {
                    view = known
                } else {
                    view = self.view(of: entry.change, for: user, held)
                    views.updateValue(view, forKey: user)
                }
                guard let view else { continue }
                let isWanted = wanted[view] ?? group.subscription.wants(entry.change, as: view)
                wanted[view] = isWanted
                guard isWanted else { continue }
                for key in keys {
                    let recipient = Recipient(channel: key, columns: group.subscription.columns)
                    recipients[recipient, default: (view, [])].ids.append(group.id)
                }
            }
        }
        var frames = ChangeFrames(entry)
        for (recipient, told) in recipients {
            guard let channel = channels[recipient.channel] else { continue }
            send(
                frames.frame(for: channel.addressee, told.view, ids: told.ids, columns: recipient.columns),
                channel.line
            )
        }
    }

    private struct Recipient: Hashable {
        let channel: RealtimeChannel.Key
        let columns: [String]?
    }

    private func view(of change: ScopedChange, for user: UserID, _ held: [UserID: Grants?]) -> ScopedChange.View? {
        let holds = audience?.grants(of: user)
        return change.view(before: held[user] ?? holds, after: holds)
    }

    // MARK: Coming back

    /// What a channel missed since a position; nil when not all of that is known, or it is too much.
    func missed(by channel: RealtimeChannel, after last: ReplayWindow.Position) -> [ByteBuffer]? {
        guard let grants = audience?.grants(of: channel.user),
            let entries = window?.entries(after: last, for: channel.user)
        else { return nil }
        var missed: [ByteBuffer] = []
        var size = 0
        for entry in entries {
            guard let view = entry.change.view(before: grants, after: grants) else { continue }
            let isVisible = isVisible(entry.change, to: grants)
            // What was shut meanwhile is told no more; that it went away is, by its key.
            if !isVisible && view != .delete { continue }
            var frames = ChangeFrames(entry, keysOnly: !isVisible)
            let ids = channel.subscriptions.filter { followed[$0]?.subscription.wants(entry.change, as: view) ?? false }
            for (columns, ids) in Dictionary(grouping: ids, by: { followed[$0]?.subscription.columns }) {
                let frame = frames.frame(for: channel.addressee, view, ids: ids, columns: columns)
                size += frame.readableBytes
                guard size <= RealtimeLimits.largestReplay else { return nil }
                missed.append(frame)
            }
        }
        return missed
    }

    /// As things stand now, of the row as it was left.
    private func isVisible(_ change: ScopedChange, to grants: Grants) -> Bool {
        guard let row = change.new ?? change.old else { return false }
        return audience?.admits(grants, to: row, of: change.table) ?? false
    }

    // MARK: Who may not stay

    /// Ends what somebody may not hear any more.
    ///
    /// - Parameter users: whose grants changed; nil for anybody's.
    private mutating func endStrangers(among users: Set<UserID>?) {
        for (key, channel) in channels where users?.contains(channel.user) ?? true {
            guard !mayHear(channel) else { continue }
            end(key, because: "You do not have permissions to read from this Channel topic: \(channel.topic.name)")
        }
        guard let audience else { return }
        end(because: "You are not a member of this lab any more") { !audience.isMember($0.principal.user) }
    }

    /// A sign-in or a personal token that was ended, on whichever server.
    private mutating func endCredential(_ change: RowChange) {
        let kind: Principal.Credential.Kind
        switch change.table {
        case "sessions": kind = .session
        case "personal_tokens": kind = .personalToken
        default: return
        }
        let column = kind == .session ? "family" : "id"
        guard change.new == nil || change.new?["revoked_at"] != nil,
            let id = (change.new ?? change.old)?[column].flatMap(UUID.init(uuidString:))
        else { return }
        let ended = Principal.Credential(kind, id)
        end(because: "The token was ended") { $0.principal.credential == ended }
    }

    /// Ends the channels whose tokens are past their time.
    mutating func endExpired(now: Date) {
        for (key, channel) in channels {
            guard let expires = channel.token.expires, expires <= now else { continue }
            end(key, because: "Token has expired \(Int(now.timeIntervalSince(expires))) seconds ago")
        }
    }
}

extension ChangeSubscription {
    /// Whether the table is right.
    fileprivate func mayWant(_ change: ScopedChange) -> Bool { table.map { $0 == change.table } ?? true }
}
