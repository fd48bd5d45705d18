import Domain
import Foundation
import Postgres
import Retrieval
import TestSupport
import Testing

/// Random labs, read by everyone along every path, compared with an oracle that knows nothing of the policies.
///
/// A read is one item looked for by one asker along one path. `LABSYNC_READS` sets how many are made at least.
@Suite(.serialized) struct DifferentialTests {
    private static let wanted = ProcessInfo.processInfo.environment["LABSYNC_READS"].flatMap(Int.init) ?? 60_000

    @Test func `nobody reads what is hidden from them and everybody reads what is not`() async throws {
        var reads = 0
        var seed: UInt64 = 1
        while reads < Self.wanted {
            try await TestLab.with { lab in
                var world = try await World.make(seed: seed, in: lab)
                var index = try await lab.indexed()
                for _ in 0..<4 {
                    reads += try await Self.compare(world, lab, index)
                    for _ in 0..<4 { try await world.change(in: lab) }
                    index = try await lab.indexed()
                }
                reads += try await Self.compare(world, lab, index)
            }
            seed += 1
        }
        print("permission differential: \(reads) reads over \(seed - 1) worlds")
    }

    @Test func `the same holds where PostgreSQL compares vectors`() async throws {
        try await TestLab.with(pgvector: true) { lab in
            var world = try await World.make(seed: 3, in: lab)
            var index = try await lab.indexed()
            for _ in 0..<3 {
                let paths = ReadPaths.searches(lab, world, index) + ReadPaths.vectors(lab, world)
                #expect(try await Self.compare(world, along: paths) > 0)
                // Stale on purpose: the table follows a change of audience in its own transaction.
                for _ in 0..<4 { try await world.change(in: lab) }
                _ = try await Self.compare(world, along: ReadPaths.vectors(lab, world, isComplete: false))
                index = try await lab.indexed()
            }
        }
    }

    @Test func `what changed after the index was loaded never leaks from it`() async throws {
        try await TestLab.with { lab in
            var world = try await World.make(seed: 77, in: lab)
            let index = try await lab.indexed()
            for _ in 0..<12 {
                try await world.change(in: lab)
                // The index is stale on purpose: what it finds is read back through the policies.
                for path in ReadPaths(lab, world, index).all where path.name.hasPrefix("search") {
                    for user in world.users {
                        let text = try await path.read(Principal(user: user))
                        let hidden = world.items.values.filter { !world.maySee(user, $0) }
                        #expect(!hidden.contains { text.contains($0.canary) }, "\(path.name) leaks to \(user)")
                    }
                }
            }
        }
    }

    @Test func `nobody sees nothing`() async throws {
        try await TestLab.with { lab in
            let world = try await World.make(seed: 5, in: lab)
            for path in ReadPaths.tables(lab) {
                #expect(try await path.read(Principal(user: UserID())).isEmpty, "\(path.name)")
            }
            #expect(!world.items.isEmpty)
        }
    }

    @Test func `hidden and absent rows get the same reply`() async throws {
        try await TestLab.with { lab in
            let world = try await World.make(seed: 9, in: lab)
            let index = try await lab.indexed()
            try await LabServer.with(lab, index) { server in
                for item in world.items.values {
                    for user in world.users where !world.maySee(user, item) {
                        try await Self.probe(item.source, server, Principal(user: user))
                    }
                }
            }
        }
    }

    @Test func `nobody hears of, continues or ends another's upload`() async throws {
        try await TestLab.with { lab in
            let world = try await World.make(seed: 11, in: lab)
            try await LabServer.with(lab, try await lab.indexed()) { server in
                for upload in world.secrets where upload.kind == .upload {
                    for user in world.users where user != upload.owner {
                        try await Self.probe(upload, server, Principal(user: user))
                    }
                    try await Self.finish(upload, server)
                }
            }
        }
    }

    /// As the sender, for whom nothing has changed by what others tried.
    private static func finish(_ upload: World.Secret, _ server: LabServer) async throws {
        let sender = Principal(user: upload.owner)
        let headers = ["Tus-Resumable": "1.0.0", "Content-Type": "application/offset+octet-stream"]
        let before = try await server.send("HEAD", upload.address, nil, headers, sender)
        let offset = before.headers["upload-offset"].flatMap(Int.init) ?? 0
        #expect(before.status == 200 && offset == "Upload \(upload.canary)".utf8.count)
        let more = headers.merging(["Upload-Offset": "\(offset)"]) { $1 }
        let done = try await server.send("PATCH", upload.address, World.missing, more, sender)
        #expect(done.status == 204 && done.headers["upload-offset"] == before.headers["upload-length"])
    }

    /// By its own door, by the other, and as if it had been signed for them.
    private static func probe(_ upload: World.Secret, _ server: LabServer, _ other: Principal) async throws {
        let id = upload.id.uuidString
        for door in ["/api/files/resumable", "/storage/v1/upload/resumable", "/storage/v1/upload/resumable/sign"] {
            for (method, body) in [("HEAD", nil), ("PATCH", World.missing), ("DELETE", nil)] {
                let headers = [
                    "Tus-Resumable": "1.0.0", "Upload-Offset": "\("Upload \(upload.canary)".utf8.count)",
                    "Content-Type": "application/offset+octet-stream",
                ]
                let one = try await server.send(method, "\(door)/\(id)", body, headers, other)
                let none = try await server.send(method, "\(door)/\(UUID())", body, headers, other)
                #expect(one.status == (door.hasSuffix("sign") ? 400 : 404), "\(method) \(door)")
                #expect(one.status == none.status, "\(method) \(door)")
                #expect(one.headers.keys.sorted() == none.headers.keys.sorted(), "\(method) \(door)")
                #expect(one.bodyWithoutRequest == none.bodyWithoutRequest, "\(method) \(door)")
            }
        }
    }

    private static func probe(_ source: SourceReference, _ server: LabServer, _ principal: Principal) async throws {
        let hidden = HTTPPaths.address(of: source)
        let absent = hidden.replacing(source.id.uuidString.lowercased(), with: UUID().uuidString.lowercased())
        let field = [.message: "content", .schedule: "title", .file: "name"][source.kind] ?? "text"
        let change = Data(#"{"\#(field)": "mine"}"#.utf8)
        for (method, body) in [("GET", nil), ("PATCH", change), ("DELETE", nil)] {
            let one = try await server.send(method, hidden, body, [:], principal)
            let other = try await server.send(method, absent, body, [:], principal)
            #expect(one.status == 404, "\(method) \(hidden)")
            #expect(one.status == other.status, "\(method) \(hidden)")
            #expect(one.headers.keys.sorted() == other.headers.keys.sorted(), "\(method) \(hidden)")
            #expect(one.bodyWithoutRequest == other.bodyWithoutRequest, "\(method) \(hidden)")
        }
    }

    static func compare(_ world: World, _ lab: TestLab, _ index: SearchIndex) async throws -> Int {
        try await LabServer.with(lab, index) { server in
            let paths = ReadPaths(lab, world, index).all + HTTPPaths(server, world).all
            return try await compare(world, along: paths)
        }
    }

    private static func compare(_ world: World, along paths: [ReadPaths.Path]) async throws -> Int {
        var reads = 0
        for path in paths {
            for user in world.users {
                let text = try await path.read(Principal(user: user))
                for item in world.items.values {
                    reads += 1
                    let isShown = text.contains(item.canary)
                    if world.maySee(user, item) {
                        let mustShow =
                            path.kinds.contains(item.source.kind) || path.showsObjects && item.objectPath != nil
                        guard mustShow, !isShown else { continue }
                        Issue.record("\(path.name) hides \(item.source) from \(user)")
                    } else if isShown {
                        Issue.record("\(path.name) leaks \(item.source) to \(user)")
                    }
                }
                for secret in world.secrets {
                    reads += 1
                    let isShown = text.contains(secret.canary)
                    if world.maySee(user, secret) {
                        guard path.secrets.contains(secret.kind), !isShown else { continue }
                        Issue.record("\(path.name) hides \(secret.kind) \(secret.id) from \(user)")
                    } else if isShown {
                        Issue.record("\(path.name) leaks \(secret.kind) \(secret.id) to \(user)")
                    }
                }
            }
        }
        return reads
    }
}
