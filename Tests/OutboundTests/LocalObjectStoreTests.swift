import Domain
import Foundation
import Outbound
import Testing

/// What is written comes back, in any part, sealed or plain; what was tampered with does not.
struct LocalObjectStoreTests {
    private let folder = "\(NSTemporaryDirectory())labsync-objects-\(UUID().uuidString)"

    private func store(sealing: Bool = true) throws -> LocalObjectStore {
        try LocalObjectStore(
            folder: "\(folder)/objects",
            ring: KeyRing(path: "\(folder)/keys/objects.json"),
            isSealing: sealing
        )
    }

    private func clean() {
        try? FileManager.default.removeItem(atPath: folder)  // A temporary one.
    }

    private static func feed(_ bytes: Data, by size: Int) -> ByteFeed {
        var rest = bytes
        return ByteFeed {
            guard !rest.isEmpty else { return nil }
            defer { rest = rest.dropFirst(size) }
            return rest.prefix(size)
        }
    }

    private static func bytes(_ count: Int) -> Data {
        Data((0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ ($0 >> 8)) })
    }

    private static func whole(_ store: LocalObjectStore, _ key: String, _ range: Range<Int>) async throws -> Data {
        var all = Data()
        for try await piece in try await store.bytes(of: key, in: range) { all += piece }
        return all
    }

    private func files(under name: String) -> [String] {
        let found = FileManager.default.enumerator(atPath: "\(folder)/objects/\(name)")?.compactMap { $0 as? String }
        return (found ?? []).filter { $0.contains("/") || name == ".incoming" }.map {
            "\(folder)/objects/\(name)/\($0)"
        }
    }

    @Test(arguments: [true, false])
    func `any part of any size comes back`(sealing: Bool) async throws {
        defer { clean() }
        let store = try store(sealing: sealing)
        let frame = 64 << 10
        for size in [0, 1, 15, 16, 4096, frame - 1, frame, frame + 1, 2 * frame, (1 << 20) - 1, (1 << 20) + frame + 7] {
            let data = Self.bytes(size)
            let placed = try await store.put(Self.feed(data, by: 10_007), as: .content, limit: size)
            #expect(placed.digest.size == size)
            #expect(try await Self.whole(store, placed.key, 0..<size) == data)
            for offset in [0, 1, size / 2, frame - 1, frame, frame + 1, size - 1, size]
            where (0...size).contains(offset) {
                for count in [0, 1, frame, size - offset] {
                    let part = data.dropFirst(offset).prefix(count)
                    #expect(try await store.read(placed.key, from: offset, count: count) == Data(part))
                }
            }
            #expect(try await store.read(placed.key, from: 0, count: size + 100) == data)
        }
        #expect(files(under: ".incoming").isEmpty)
    }

    @Test func `equal contents share an object whose name does not tell`() async throws {
        defer { clean() }
        let store = try store()
        let data = Self.bytes(1000)
        let first = try await store.put(Self.feed(data, by: 100), as: .content, limit: 1000)
        let second = try await store.put(Self.feed(data, by: 999), as: .content, limit: 1000)
        #expect(first.key == second.key && first.isNew && !second.isNew)
        #expect(!first.key.contains(first.digest.sha256))
        #expect(files(under: "content").filter { $0.hasSuffix(".sealed") }.count == 1)
        // The second has been promised: taking the first back leaves it.
        try await store.withdraw(first)
        #expect(try await store.contains(second.key))
        try await store.release([second.key])
        #expect(try await store.contains(second.key), "somebody may be about to name it")
        #expect(try await store.delete(second.key, unlessChangedSince: second.changed))
        #expect(try await !store.contains(second.key))
    }

    @Test func `what is refused or breaks off leaves nothing`() async throws {
        defer { clean() }
        let store = try store()
        await #expect(throws: PublicError.self) {
            try await store.put(Self.feed(Self.bytes(101), by: 10), as: .content, limit: 100)
        }
        struct Broken: Error {}
        var pieces = 3
        await #expect(throws: Broken.self) {
            let feed = ByteFeed {
                pieces -= 1
                guard pieces > 0 else { throw Broken() }
                return Data(count: 100_000)
            }
            _ = try await store.put(feed, as: .content, limit: .max)
        }
        #expect(files(under: "content").isEmpty && files(under: ".incoming").isEmpty)
    }

    @Test func `no byte of a sealed file can be changed, added or cut off`() async throws {
        defer { clean() }
        let store = try store()
        let data = Self.bytes(300)
        let placed = try await store.put(Self.feed(data, by: 300), as: .content, limit: 300)
        let path = "\(folder)/objects/\(placed.key).sealed"
        let sealed = try Data(contentsOf: URL(filePath: path))
        #expect(sealed.range(of: data.prefix(16)) == nil)
        for index in sealed.indices {
            var changed = sealed
            changed[index] ^= 1 << (index % 8)
            try changed.write(to: URL(filePath: path))
            await #expect(throws: (any Error).self) { try await store.read(placed.key, from: 0, count: 300) }
        }
        for length in [0, 31, 32, 47, 48, sealed.count - 1] {
            try sealed.prefix(length).write(to: URL(filePath: path))
            await #expect(throws: (any Error).self) { try await Self.whole(store, placed.key, 0..<300) }
        }
        try (sealed + Data([0])).write(to: URL(filePath: path))
        await #expect(throws: (any Error).self) { try await store.read(placed.key, from: 0, count: 300) }
    }

    @Test func `frames cannot be cut off or change places`() async throws {
        defer { clean() }
        let store = try store()
        let frame = 64 << 10
        let data = Self.bytes(3 * frame)
        let placed = try await store.put(Self.feed(data, by: 50_000), as: .content, limit: data.count)
        let path = "\(folder)/objects/\(placed.key).sealed"
        let sealed = try Data(contentsOf: URL(filePath: path))
        let stride = frame + 16
        try sealed.prefix(32 + 2 * stride).write(to: URL(filePath: path))
        await #expect(throws: (any Error).self) { try await store.read(placed.key, from: 0, count: 2 * frame) }
        let swapped = sealed.prefix(32) + sealed[32 + stride..<32 + 2 * stride] + sealed[32..<32 + stride]
        try (swapped + sealed.suffix(stride)).write(to: URL(filePath: path))
        await #expect(throws: (any Error).self) { try await store.read(placed.key, from: 0, count: 100) }
    }

    @Test func `older objects stay readable, and a rewriting brings them to the new key`() async throws {
        defer { clean() }
        let data = Self.bytes(100_000)
        let plain = try await store(sealing: false).put(Self.feed(data, by: 9999), as: .content, limit: .max)
        let ring = try KeyRing(path: "\(folder)/keys/objects.json")
        let running = try store()
        let first = try await running.put(Self.feed(data + data, by: 9999), as: .content, limit: .max)
        #expect(try ring.rotate() == 2)
        // A server that runs seals with the new key without being told.
        let second = try await running.put(Self.feed(data + data + data, by: 9999), as: .content, limit: .max)
        for (placed, times) in [(plain, 1), (first, 2), (second, 3)] {
            #expect(try await running.read(placed.key, from: 0, count: .max / 2).count == times * data.count)
        }
        #expect(try await store().rewrite().rewritten == 2)
        #expect(try await store().rewrite().retired.isEmpty, "a writer may still be at it")
        #expect(try await store().rewrite(patience: -1).retired == [1])
        #expect(files(under: "content").allSatisfy { $0.hasSuffix(".sealed") })
        for (placed, times) in [(plain, 1), (first, 2), (second, 3)] {
            #expect(try await store().read(placed.key, from: 0, count: .max / 2).count == times * data.count)
        }
    }
}
