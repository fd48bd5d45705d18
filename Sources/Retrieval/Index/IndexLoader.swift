import Dispatch
import Domain
import Synchronization

/// Gathers all passages of an index by scope, and makes segments of them on all cores. Texts are read and vectors are put in
/// their place as they come; what is kept of the rest meanwhile is as small as the index itself.
public final class IndexLoader: Sendable {
    private struct Shard {
        var shelves: [LoadingShelf.Name: LoadingShelf] = [:]
        var ready: [Scope: [Segment]] = [:]
    }

    private final class Locked: Sendable {
        let shard = Mutex(Shard())
    }

    /// Smaller scopes share a block of vectors of about so many rows.
    private static let blockSize = 32_768
    /// Threads that add at once seldom meet.
    private static let shardCount = 64

    private let shape: Segment.Shape
    private let shards = (0..<shardCount).map { _ in Locked() }
    /// Blocks of vectors that several scopes share, in the order of these.
    private let blocks: [PlannedBlock]
    private let queue = DispatchQueue(label: "labsync.index.loading", qos: .utility, attributes: .concurrent)
    private let group = DispatchGroup()

    private struct PlannedBlock: Sendable {
        let names: [LoadingShelf.Name]
        let floats: AlignedMemory
        let count: Int
    }

    /// - Parameters:
    ///   - index: what it is all loaded into.
    ///   - expected: of what is not in it, or comes in larger numbers, vectors are kept twice for a while.
    public init(for index: SearchIndex, expecting expected: [ExpectedPassages] = []) {
        let shape = index.shape
        self.shape = shape
        // As a search numbers them, so that scopes that are visible together are read in one go.
        var shelves = expected.map { LoadingShelf($0, shape) }
        shelves.sort { ($0.place.order, $0.name.isOfFiles ? 1 : 0) < ($1.place.order, $1.name.isOfFiles ? 1 : 0) }
        var blocks: [PlannedBlock] = []
        if shape.keepsVectors {
            for range in Self.neighbours(shelves.map(\.sharedCount)) {
                let count = shelves[range].reduce(0) { $0 + $1.sharedCount }
                let floats = AlignedMemory(byteCount: count * VectorBlock.width(of: shape.dimension) * 4)
                var first = 0
                for place in range {
                    let rows = first..<(first + shelves[place].sharedCount)
                    shelves[place].shared = VectorRoom(of: floats, shape.dimension, rows)
                    first = rows.upperBound
                }
                blocks.append(PlannedBlock(names: shelves[range].map(\.name), floats: floats, count: count))
            }
        }
        self.blocks = blocks
        for shelf in shelves { locked(shelf.name.scope).shard.withLock { $0.shelves[shelf.name] = shelf } }
    }

    /// Each passage once; from several threads at once, if need be.
    public func add(_ passages: [Passage]) {
        TextReader.lend { reader in for passage in passages { add(passage, nil, reader) } }
    }

    /// For one thread, which adds passages one by one.
    public func adding() -> Adding { Adding(self) }

    public struct Adding {
        private let loader: IndexLoader
        private let reader = TextReader()

        fileprivate init(_ loader: IndexLoader) {
            self.loader = loader
        }

        /// - Parameter vector: the passage's own, float32, little endian, valid while it is lent; nil where the database
        ///   compares them.
        public func add(_ passage: Passage, vector: UnsafeRawBufferPointer?) throws {
            let dimension = loader.shape.dimension
            if loader.shape.keepsVectors, let vector, vector.count != 4 * dimension {
                throw WrongDimension(chunk: passage.chunk, bytes: vector.count)
            }
            loader.add(passage, vector, reader)
        }
    }

    struct WrongDimension: Error {
        let chunk: ChunkID
        let bytes: Int
    }

    private func add(_ passage: Passage, _ vector: UnsafeRawBufferPointer?, _ reader: TextReader) {
        let name = LoadingShelf.Name(scope: passage.scope, isOfFiles: passage.source.kind == .file)
        let locked = locked(passage.scope)
        let full = locked.shard.withLock { shard in
            shard.shelves[name, default: LoadingShelf(name, shape)].add(passage, vector, reader)
        }
        guard let full else { return }
        queue.async(group: group) {
            let segment = full.segment()
            locked.shard.withLock { $0.ready[name.scope, default: []].append(segment) }
        }
    }

    private func locked(_ scope: Scope) -> Locked {
        shards[Int(UInt(bitPattern: scope.hashValue) % UInt(Self.shardCount))]
    }

    /// Takes long and blocks its thread.
    func finish() -> (partitions: [Scope: Partition], sources: [SourceReference: Scope]) {
        group.wait()
        var ready: [Scope: [Segment]] = [:]
        var rest: [LoadingShelf.Name: LoadingShelf] = [:]
        for shard in shards {
            shard.shard.withLock { shard in
                ready.merge(shard.ready) { $0 + $1 }
                rest.merge(shard.shelves) { first, _ in first }
                shard = Shard()
            }
        }
        let made = Mutex(ready)
        // Each is let go of when its block is made, so that there is no second copy of everything.
        let works = Mutex(works(rest).map(Optional.init))
        rest = [:]
        DispatchQueue.concurrentPerform(iterations: works.withLock(\.count)) { place in
            guard let work = works.withLock({ $0[place].take() }) else { return }
            let segments = segments(work)
            made.withLock { made in
                for (scope, segment) in segments { made[scope, default: []].append(segment) }
            }
        }
        return joined(made.withLock { $0 })
    }

    /// Shelves whose vectors are, or are to be, in one block.
    private struct Work: Sendable {
        var shelves: [LoadingShelf]
        var planned: PlannedBlock?
    }

    private func works(_ shelves: [LoadingShelf.Name: LoadingShelf]) -> [Work] {
        var works: [Work] = blocks.map { block in
            let own = block.names.compactMap { shelves[$0] }.filter(\.endsInShared)
            // What is not used is read all the same.
            for name in block.names {
                guard let shelf = shelves[name], let room = shelf.shared else { continue }
                room.clear((shelf.endsInShared ? shelf.contents.rows.count : 0)..<room.count)
            }
            return Work(shelves: own, planned: block)
        }
        var others = shelves.values.filter { !$0.endsInShared && !$0.contents.rows.isEmpty }
        works += others.filter { $0.room != nil }.map { Work(shelves: [$0]) }
        others.removeAll { $0.room != nil }
        others.sort { $0.place.order < $1.place.order }
        return works + Self.neighbours(others.map(\.contents.rows.count)).map { Work(shelves: Array(others[$0])) }
    }

    /// Neighbours that share a block.
    private static func neighbours(_ sizes: [Int]) -> [Range<Int>] {
        var blocks: [Range<Int>] = []
        var (start, size) = (0, 0)
        for place in sizes.indices {
            size += sizes[place]
            guard size >= blockSize || place == sizes.count - 1 else { continue }
            if size > 0 { blocks.append(start..<(place + 1)) }
            (start, size) = (place + 1, 0)
        }
        return blocks
    }

    private func segments(_ work: Work) -> [(Scope, Segment)] {
        var shelves = work.shelves
        for place in shelves.indices { shelves[place].sort() }
        guard let planned = work.planned else {
            guard shelves.count != 1 || shelves[0].room == nil else {
                return [(shelves[0].name.scope, shelves[0].segment())]
            }
            let block = VectorBlock(dimension: shape.dimension, rows: shelves.flatMap(\.contents.vectors))
            var first = 0
            return shelves.map { shelf in
                let range = first..<(first + (shape.keepsVectors ? shelf.contents.rows.count : 0))
                first = range.upperBound
                return (shelf.name.scope, Segment(shelf.contents, vectors: VectorRows(of: block, range)))
            }
        }
        let block = VectorBlock(dimension: shape.dimension, count: planned.count, filled: planned.floats)
        return shelves.map { shelf in
            let first = shelf.shared?.first ?? 0
            let rows = VectorRows(of: block, first..<(first + shelf.contents.rows.count))
            return (shelf.name.scope, Segment(shelf.contents, vectors: rows))
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
