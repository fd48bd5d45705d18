import Domain
import Foundation
import Postgres
import TestSupport

extension World {
    /// Changes one item or its audience at once, as the program does, and says which, and how all was just before.
    mutating func changeInOneTransaction(in lab: TestLab) async throws -> (Item, before: World) {
        while true {
            // Memberships and roles come and go; what is heard of next tells whether it was noticed.
            if Int.random(in: 0..<3, using: &random) == 0 { for _ in 0..<3 { try await toggle(in: lab) } }
            let before = self
            switch Int.random(in: 0..<8, using: &random) {
            case 0:
                let known = Set(items.keys)
                try await addMessage(in: lab)
                if let id = Set(items.keys).subtracting(known).first, let item = items[id] { return (item, before) }
            case 1, 2: return (try await addStatusAtOnce(in: lab), before)
            case 3, 4: if let item = try await changeAudienceAtOnce(in: lab) { return (item, before) }
            case 5: if let item = try await edit(in: lab) { return (item, before) }
            default: if let item = try await remove(in: lab) { return (item, before) }
            }
        }
    }

    /// What a user who listens is told of an item that changed since the world was as before.
    func told(of item: Item, to user: UserID, after before: World) -> [String] {
        let saw = before.items[item.source.id].map { before.maySee(user, $0) } ?? false
        let sees = items[item.source.id].map { maySee(user, $0) } ?? false
        let isNew = before.items[item.source.id] == nil
        return switch (saw, sees) {
        case (true, true): ["UPDATE"]
        case (false, true): [isNew ? "INSERT" : "UPDATE"]
        case (true, false): ["DELETE"]
        case (false, false): []
        }
    }

    private mutating func addStatusAtOnce(in lab: TestLab) async throws -> Item {
        let (id, author, word) = (UUID(), anyone(), canary())
        let (visibility, listed) = audience()
        try await lab.superuser.withTransaction { transaction in
            _ = try await transaction.run([
                """
                insert into statuses (id, author_id, text, visibility)
                values (\(id), \(author), \("Status \(word)"), \(visibility))
                """,
                Self.listing(listed, of: id),
            ])
        }
        statuses[id] = Status(author: author, visibility: visibility, roles: listed)
        add(.status, id, author, word, .status(id))
        return Item(source: .init(kind: .status, id: id), author: author, canary: word, place: .status(id))
    }

    private mutating func changeAudienceAtOnce(in lab: TestLab) async throws -> Item? {
        let candidates = items.values.filter { $0.source.kind == .status }.sorted { $0.canary < $1.canary }
        guard let item = candidates.randomElement(using: &random) else { return nil }
        let (visibility, listed) = audience()
        let id = item.source.id
        try await lab.superuser.withTransaction { transaction in
            _ = try await transaction.run([
                "update statuses set visibility = \(visibility), edited_at = now() where id = \(id)",
                "delete from status_roles where status_id = \(id)",
                Self.listing(listed, of: id),
            ])
        }
        statuses[id]?.visibility = visibility
        statuses[id]?.roles = listed
        return item
    }

    private mutating func edit(in lab: TestLab) async throws -> Item? {
        let candidates = items.values.filter { $0.source.kind == .message || $0.source.kind == .file }
        guard let item = candidates.sorted(by: { $0.canary < $1.canary }).randomElement(using: &random) else {
            return nil
        }
        if item.source.kind == .message {
            try await lab.superuser.run("update messages set edited_at = now() where id = \(item.source.id)")
        } else {
            try await lab.superuser.run("update files set state_reason = 'again' where id = \(item.source.id)")
        }
        return item
    }

    private mutating func remove(in lab: TestLab) async throws -> Item? {
        let kinds: [SourceKind: String] = [
            .message: "messages", .comment: "status_comments", .schedule: "lab_schedules", .file: "files",
        ]
        let candidates = items.values.filter { kinds[$0.source.kind] != nil }.sorted { $0.canary < $1.canary }
        guard let item = candidates.randomElement(using: &random) else { return nil }
        let id = item.source.id
        switch item.source.kind {
        case .message: try await lab.superuser.run("delete from messages where id = \(id)")
        case .comment: try await lab.superuser.run("delete from status_comments where id = \(id)")
        case .schedule: try await lab.superuser.run("delete from lab_schedules where id = \(id)")
        default: try await lab.superuser.run("delete from files where id = \(id)")
        }
        items[id] = nil
        return item
    }

    private mutating func audience() -> (visibility: String, roles: Set<String>) {
        let visibility = ["public", "private", "role-based"].randomElement(using: &random) ?? "public"
        return (visibility, visibility == "role-based" ? [Self.roleNames.randomElement(using: &random) ?? "staff"] : [])
    }

    private static func listing(_ roles: Set<String>, of status: UUID) -> Statement {
        """
        insert into status_roles (status_id, role_id)
        select \(status)::uuid, id from roles where name = any (\(Array(roles))::text[])
        """
    }
}
