import Assistant
import Domain
import Foundation
import Postgres
import Retrieval
import Server
import TestSupport
import Testing

/// Random labs whose members all listen while rows and audiences change: each is told of exactly what the oracle says.
@Suite(.serialized) struct RealtimeDifferentialTests {
    private static let worlds = ProcessInfo.processInfo.environment["LABSYNC_REALTIME_WORLDS"].flatMap(Int.init) ?? 2

    @Test func `everybody hears of each change that is theirs to see, deletes included, and of no other`() async throws
    {
        var told = 0
        for seed in 1...UInt64(Self.worlds) {
            try await TestLab.with { lab in
                var world = try await World.make(seed: seed &+ 500, in: lab)
                try await LabServer.following(lab) { server in
                    let ears = try await Ears(world.users, server)
                    for step in 0..<40 {
                        let (item, before) = try await world.changeInOneTransaction(in: lab)
                        let heard = try await ears.heard(until: "fence\(seed)x\(step)", lab, world.users[0])
                        for user in world.users {
                            let events = heard[user]?.filter { $0.text.contains(item.canary) }.map(Self.kind) ?? []
                            let expected = Self.expected(item, for: user, before, world)
                            #expect(events == expected, "step \(step): \(item.source) to \(user)")
                            told += 1
                        }
                    }
                }
            }
        }
        print("realtime differential: \(told) deliveries decided over \(Self.worlds) worlds")
    }

    @Test func `private topics are joined, heard and shown to those alone who may see what they are named after`()
        async throws
    {
        try await TestLab.with { lab in
            var world = try await World.make(seed: 31, in: lab)
            try await LabServer.following(lab) { server in
                let ears = try await Ears(world.users, server)
                try await Self.tryTopics(world, ears, server)
                for _ in 0..<6 { _ = try await world.changeInOneTransaction(in: lab) }
                // Rights are looked at anew with every commit: whoever lost one is out without asking.
                _ = try await ears.heard(until: "fence", lab, world.users[0])
                try await Self.tryTopics(world, ears, server)
            }
        }
    }

    @Test func `who is taken out of the lab, or whose role is taken, is closed within two seconds`() async throws {
        try await TestLab.with { lab in
            let (ann, bob) = (try await lab.addUser("Ann"), try await lab.addUser("Bob", roles: ["staff", "manager"]))
            let role: RoleID = try await lab.superuser.query("select id from roles where name = 'manager'")[0].get("id")
            try await LabServer.following(lab) { server in
                let ears = try await Ears([ann, bob], server)
                let client = try #require(ears.clients[bob])
                #expect(try await client.join("role:\(role)", ["private": true]))
                try await lab.superuser.run("delete from user_roles where user_id = \(bob) and role_id = \(role)")
                _ = try await client.take(seconds: 2) { $0.event == "phx_close" && $0.topic.contains("role:") }
                try await lab.superuser.run("update users set deactivated_at = now() where id = \(bob)")
                let deadline = ContinuousClock.now + .seconds(2)
                while !client.isClosed, ContinuousClock.now < deadline {
                    _ = try? await client.take(seconds: 0.1) { _ in false }
                }
                #expect(client.isClosed)
                await #expect(throws: RealtimeClient.Refused.self) { try await server.realtime(as: bob) }
            }
        }
    }

    /// What one user is told of an item that changed from one world to the next.
    private static func expected(_ item: World.Item, for user: UserID, _ before: World, _ after: World) -> [String] {
        let saw = before.items[item.source.id].map { before.maySee(user, $0) } ?? false
        let sees = after.items[item.source.id].map { after.maySee(user, $0) } ?? false
        let isNew = before.items[item.source.id] == nil
        return switch (saw, sees) {
        case (true, true): ["UPDATE"]
        case (false, true): [isNew ? "INSERT" : "UPDATE"]
        case (true, false): ["DELETE"]
        case (false, false): []
        }
    }

    private static func kind(_ message: RealtimeClient.Message) -> String {
        (message.payload["data"] as? [String: Any])?["type"] as? String ?? message.event
    }

    private static func tryTopics(_ world: World, _ ears: Ears, _ server: LabServer) async throws {
        for (conversation, members) in world.members {
            let topic = "conversation:\(conversation)"
            let config: [String: Any] = ["private": true, "presence": ["key": "", "enabled": true]]
            var inside: [(UserID, RealtimeClient)] = []
            for user in world.users {
                guard let client = ears.clients[user] else { continue }
                let isIn = try await client.join(topic, config)
                #expect(isIn == members.contains(user), "\(user) on \(topic)")
                if isIn { inside.append((user, client)) }
            }
            for user in world.users {
                let said: [String: Any] = [
                    "messages": [["topic": topic, "event": "e", "payload": ["by": "\(user)"], "private": true]]
                ]
                let status = try await server.post("/realtime/v1/api/broadcast", said, as: Principal(user: user)).status
                #expect(status == (members.contains(user) ? 202 : 403))
            }
            guard let (first, client) = inside.first else { continue }
            let shown: [String: Any] = ["event": "track", "payload": ["canary": "present\(first)"]]
            try client.push("realtime:\(topic)", "presence", shown)
            for (_, client) in inside {
                _ = try await client.take { $0.event == "presence_diff" && $0.text.contains("present\(first)") }
            }
            for (user, client) in ears.clients where !members.contains(user) {
                #expect(!client.messages.contains { $0.text.contains("present\(first)") })
            }
        }
    }
}

/// One listener for each user, who follows every table.
private final class Ears {
    private(set) var clients: [UserID: RealtimeClient] = [:]

    init(_ users: [UserID], _ server: LabServer) async throws {
        for user in users {
            let client = try await server.realtime(as: user)
            let everything: [String: Any] = ["event": "*", "schema": "public", "table": "*"]
            #expect(try await client.join("all", ["postgres_changes": [everything]]))
            _ = try await client.take { $0.event == "system" }
            clients[user] = client
        }
    }

    /// What each was told before a status that everybody hears of.
    func heard(until word: String, _ lab: TestLab, _ author: UserID) async throws -> [UserID: [RealtimeClient.Message]]
    {
        try await lab.superuser.run(
            "insert into statuses (author_id, text, visibility) values (\(author), \(word), 'public')"
        )
        var heard: [UserID: [RealtimeClient.Message]] = [:]
        for (user, client) in clients {
            heard[user] = try await client.take { $0.text.contains("\"\(word)\"") }
        }
        return heard
    }
}

extension World {
    /// Changes one item or its audience at once, as the program does, and says which, and how all was just before.
    fileprivate mutating func changeInOneTransaction(in lab: TestLab) async throws -> (Item, before: World) {
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
