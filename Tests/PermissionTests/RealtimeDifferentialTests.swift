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
                            let expected = world.told(of: item, to: user, after: before)
                            #expect(events == expected, "step \(step): \(item.source) to \(user)")
                            told += 1
                        }
                    }
                    // Uploads and what files held before are told to nobody, their owners included.
                    try await lab.superuser.run("update uploads set expires_at = expires_at + interval '1 hour'")
                    try await lab.superuser.run("update file_versions set replaced_at = now()")
                    for (user, messages) in try await ears.heard(until: "fence\(seed)", lab, world.users[0]) {
                        let secrets = world.secrets.filter { secret in
                            messages.contains { $0.text.contains(secret.canary) }
                        }
                        #expect(secrets.isEmpty, "to \(user)")
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
                await #expect(throws: RawSocket.Refused.self) { try await server.realtime(as: bob) }
            }
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
