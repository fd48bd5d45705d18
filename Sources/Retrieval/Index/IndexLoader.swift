import Dispatch
import Domain
import Synchronization

/// Gathers all passages of an index by scope, and makes segments of them on all cores. Texts are read as they come; what
/// is kept of them meanwhile is as small as the index itself.
public final class IndexLoader: Sendable {
    private struct Shard {
        var contents: [Scope: SegmentContents] = [:]
        /// A file's passages must be in one segment, so these wait for the last of them.
        var ofFiles: [Scope: SegmentContents] = [:]
        var ready: [Scope: [Segment]] = [:]
    }

    private final class Locked: Sendable {
        let shard = Mutex(Shard())
    }

    /// A scope's passages become a segment when there are so many.
    private static let segmentSize = 16_384
    /// Smaller scopes share a block of vectors of about so many rows.
    private static let blockSize = 32_768
    /// Threads that add at once seldom meet.
    private static let shardCount = 64

    private let shape: Segment.Shape
    private let shards = (0..<shardCount).map { _ in Locked() }
    private let queue = DispatchQueue(label: "labsync.index.loading", qos: .utility, attributes: .concurrent)
    private let group = DispatchGroup()

    /// - Parameter index: what it is all loaded into.
    public init(for index: SearchIndex) {
        shape = index.shape
    }

    /// Each passage once; from several threads at once, if need be.
    public func add(_ passages: [Passage]) {
        TextReader.lend { reader in
            for passage in passages {
                let full = locked(passage.scope).shard.withLock { shard in add(passage, to: &shard, reader) }
                guard let full else { continue }
                queue.async(group: group) { [self] in
                    let segment = Segment(full.sorted())
                    locked(passage.scope).shard.withLock { $0.ready[passage.scope, default: []].append(segment) }
                }
            }
        }
    }

    private func locked(_ scope: Scope) -> Locked {
        shards[Int(UInt(bitPattern: scope.hashValue) % UInt(Self.shardCount))]
    }

    /// What has become large enough for a segment.
    private func add(_ passage: Passage, to shard: inout Shard, _ reader: TextReader) -> SegmentContents? {
        guard passage.source.kind != .file else {
            shard.ofFiles[passage.scope, default: SegmentContents(shape: shape)].append(passage, reader)
            return nil
        }
        shard.contents[passage.scope, default: SegmentContents(shape: shape)].append(passage, reader)
        guard shard.contents[passage.scope]?.rows.count == Self.segmentSize else { return nil }
        return shard.contents.removeValue(forKey: passage.scope)
    }

    /// Takes long and blocks its thread.
    func finish() -> (partitions: [Scope: Partition], sources: [SourceReference: Scope]) {
        group.wait()
        let made = Mutex<[Scope: [Segment]]>([:])
        var rest: [(place: Partition.Place, contents: SegmentContents)] = []
        for shard in shards {
            shard.shard.withLock { shard in
                made.withLock { $0.merge(shard.ready) { $0 + $1 } }
                rest += shard.contents.map { (Partition.Place($0.key), $0.value) }
                rest += shard.ofFiles.map { (Partition.Place($0.key), $0.value) }
                shard = Shard()
            }
        }
        // As a search numbers them, so that scopes that are visible together are read in one go.
        rest.sort { $0.place.order < $1.place.order }
        let blocks = Self.blocks(rest.map(\.contents.rows.count))
        // Each is let go of when its block is made, so that there is no second copy of everything.
        let waiting = Mutex(rest.map { Optional($0) })
        rest = []
        DispatchQueue.concurrentPerform(iterations: blocks.count) { place in
            let taken = waiting.withLock { waiting in
                blocks[place].compactMap { waiting[$0].take() }
            }
            let segments = segments(taken)
            made.withLock { made in
                for (scope, segment) in segments { made[scope, default: []].append(segment) }
            }
        }
        return joined(made.withLock { $0 })
    }

    /// Neighbours that share a block.
    private static func blocks(_ sizes: [Int]) -> [Range<Int>] {
        var blocks: [Range<Int>] = []
        var (start, size) = (0, 0)
        for place in sizes.indices {
            size += sizes[place]
            guard size >= blockSize || place == sizes.count - 1 else { continue }
            blocks.append(start..<(place + 1))
            (start, size) = (place + 1, 0)
        }
        return blocks
    }

    private func segments(_ scopes: [(place: Partition.Place, contents: SegmentContents)]) -> [(Scope, Segment)] {
        let contents = scopes.map { $0.contents.sorted() }
        let block = VectorBlock(dimension: shape.dimension, rows: contents.flatMap(\.vectors))
        var first = 0
        return zip(scopes, contents).map { scope, contents in
            let range = first..<(first + (shape.keepsVectors ? contents.rows.count : 0))
            first = range.upperBound
            return (scope.place.scope, Segment(contents, vectors: VectorRows(of: block, range)))
        }
    }

    private func joined(
        _ segments: [Scope: [Segment]]
    ) -> (partitions: [Scope: Partition], sources: [SourceReference: Scope]) {
        let scopes = Array(segments)
        let partitions = Mutex<[Scope: Partition]>([:])
        let sources = Mutex<[SourceReference: Scope]>([:])
        DispatchQueue.concurrentPerform(iterations: 2) { half in
            if half == 0 {
                let made = scopes.map { ($0.key, Partition(of: $0.key, $0.value)) }
                partitions.withLock { $0 = Dictionary(uniqueKeysWithValues: made) }
            } else {
                var found: [SourceReference: Scope] = [:]
                found.reserveCapacity(scopes.reduce(0) { $0 + $1.value.reduce(0) { $0 + $1.rows.count } })
                for (scope, segments) in scopes {
                    for segment in segments { for row in segment.rows { found[row.source] = scope } }
                }
                sources.withLock { $0 = found }
            }
        }
        return (partitions.withLock { $0 }, sources.withLock { $0 })
    }
}
