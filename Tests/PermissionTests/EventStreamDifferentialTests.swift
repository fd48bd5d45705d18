import Domain
import Foundation
import Postgres
import Server
import TestSupport
import Testing

/// Random labs whose members read changes as server-sent events, and come back for what they missed: each is told of
/// exactly what the oracle says.
@Suite(.serialized) struct EventStreamDifferentialTests {
    private static let worlds = ProcessInfo.processInfo.environment["LABSYNC_REALTIME_WORLDS"].flatMap(Int.init) ?? 2

    @Test func `streams of events tell everybody of what is theirs to see, at once and later, and of nothing else`()
        async throws
    {
        var resumed = 0
        for seed in 1...UInt64(Self.worlds) {
            try await TestLab.with { lab in
                var world = try await World.make(seed: seed &+ 900, in: lab)
                try await LabServer.following(lab) { server in
                    let readers = try await EventStreamReaders(world.users, server)
                    for round in 0..<8 {
                        try await readers.openTalks(of: world)
                        let start = world
                        let expected = try await Self.changes(of: &world, in: lab)
                        let fence = "fence\(seed)x\(round)"
                        try await lab.superuser.run(
                            """
                            insert into statuses (author_id, text, visibility)
                            values (\(world.users[0]), \(fence), 'public')
                            """
                        )
                        for user in world.users {
                            try await readers.compareFeed(
                                of: user,
                                until: fence,
                                with: expected.feed[user] ?? [],
                                world
                            )
                        }
                        for user in world.users {
                            try await readers.compareTalks(of: user, with: expected.talks[user] ?? [], start)
                        }
                    }
                    resumed += readers.resumed
                }
            }
        }
        #expect(resumed > 0)
        print("event streams: \(resumed) taken up again over \(Self.worlds) worlds")
    }

    /// Makes a few changes, and says what each member is to be told of.
    private static func changes(of world: inout World, in lab: TestLab) async throws -> (
        feed: [UserID: [ToldChange]], talks: [UserID: [ToldChange]]
    ) {
        var feed: [UserID: [ToldChange]] = [:]
        var talks = feed
        for _ in 0..<4 {
            let (item, before) = try await world.changeInOneTransaction(in: lab)
            for user in world.users {
                let told = world.told(of: item, to: user, after: before)
                    .map { ToldChange(item: item.source.id, kind: $0) }
                switch item.source.kind {
                case .status, .comment: feed[user, default: []] += told
                case .message: talks[user, default: []] += told
                default: break
                }
            }
        }
        return (feed, talks)
    }
}

/// What is heard: of which item, and how.
private struct ToldChange: Equatable, CustomStringConvertible {
    let item: UUID
    let kind: String

    var description: String { "\(kind) \(item)" }

    init(item: UUID, kind: String) {
        self.item = item
        self.kind = kind
    }

    /// Nil for what is no change, and for fences.
    init?(_ event: EventStreamClient.Event) {
        let data = try? JSONSerialization.jsonObject(with: Data(event.data.utf8)) as? [String: Any]
        let row = data?[event.name == "DELETE" ? "old_record" : "record"] as? [String: Any]
        guard (row?["text"] as? String)?.hasPrefix("fence") != true,
            let text = row?["id"] as? String, let id = UUID(uuidString: text)
        else { return nil }
        self.init(item: id, kind: event.name)
    }
}

/// A reader of the feed for each user, and one of each of their conversations.
private final class EventStreamReaders {
    private static let feed = "/api/status?stream=1"

    private let server: LabServer
    private var feeds: [UserID: EventStreamClient] = [:]
    private var talks: [UserID: [EventStreamClient]] = [:]
    /// Where each was in the feed a round ago.
    private var places: [UserID: String] = [:]
    /// How often somebody came back and was told what they had missed.
    private(set) var resumed = 0

    init(_ users: [UserID], _ server: LabServer) async throws {
        self.server = server
        for user in users { feeds[user] = try await server.events(Self.feed, as: user) }
    }

    /// One of each conversation for each of its members; nobody else gets one.
    func openTalks(of world: World) async throws {
        talks = [:]
        for (conversation, members) in world.members {
            let path = "/api/chat/messages?conversation_id=\(conversation)&stream=1"
            for user in world.users {
                if members.contains(user) {
                    talks[user, default: []].append(try await server.events(path, as: user))
                } else {
                    await #expect(throws: RawSocket.Refused.self) { _ = try await self.server.events(path, as: user) }
                }
            }
        }
    }

    func compareFeed(of user: UserID, until fence: String, with expected: [ToldChange], _ world: World) async throws {
        let heard = try await feeds[user]?.take { $0.data.contains("\"\(fence)\"") } ?? []
        #expect(heard.compactMap { ToldChange($0) } == expected, "\(user) until \(fence)")
        if let place = places[user] {
            let client = try await server.events(Self.feed, as: user, after: place)
            let ready = try await client.take { $0.name == "ready" }
            // Otherwise their rights have changed, and they are to read anew.
            if ready.last?.data.contains("\"resumed\":true") == true {
                let again = try await client.take { $0.data.contains("\"\(fence)\"") }
                // Of what was shut meanwhile only that it went away is told.
                let still = expected.filter { change in
                    change.kind == "DELETE" || (world.items[change.item].map { world.maySee(user, $0) } ?? false)
                }
                #expect(again.compactMap { ToldChange($0) } == still, "again to \(user) until \(fence)")
                resumed += 1
            }
        }
        places[user] = heard.last?.id
    }

    /// - Parameter start: the world when the conversations' readers were opened.
    func compareTalks(of user: UserID, with expected: [ToldChange], _ start: World) async throws {
        // Whoever came into a conversation since then has no reader of it yet.
        let owed = expected.filter { change in start.items[change.item].map { start.maySee(user, $0) } ?? false }
        let deadline = ContinuousClock.now + .seconds(5)
        var heard: [ToldChange] = []
        repeat {
            try await Task.sleep(for: .milliseconds(10))
            heard += (talks[user] ?? []).flatMap { $0.takeAll() }.compactMap { ToldChange($0) }
        } while !owed.allSatisfy(heard.contains) && .now < deadline
        #expect(heard.allSatisfy(expected.contains), "\(user) heard \(heard), not only \(expected)")
        #expect(owed.allSatisfy(heard.contains), "\(user) heard \(heard), not all of \(owed)")
    }
}
