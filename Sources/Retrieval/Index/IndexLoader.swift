import Dispatch
import Domain
import Synchronization

/// Gathers all passages of an index by scope, and makes segments of them on all cores.
public final class IndexLoader: Sendable {
    private struct Scopes {
        var waiting: [Scope: [Passage]] = [:]
        /// A file's passages must be in one segment, so these wait for the last of them.
        var ofFiles: [Scope: [Passage]] = [:]
        var ready: [Scope: [Segment]] = [:]
        var sources: [SourceReference: Scope] = [:]
    }

    /// A scope's passages become a segment when there are so many, which frees what they were read into.
    private static let segmentSize = 16_384

    private let shape: Segment.Shape
    private let scopes = Mutex(Scopes())
    private let queue = DispatchQueue(label: "labsync.index.loading", qos: .utility, attributes: .concurrent)
    private let group = DispatchGroup()

    /// - Parameter index: what it is all loaded into.
    public init(for index: SearchIndex) {
        shape = index.shape
    }

    /// Each passage once.
    public func add(_ passages: [Passage]) {
        let full = scopes.withLock { scopes in
            var full: [Scope: [Passage]] = [:]
            for passage in passages {
                scopes.sources[passage.source] = passage.scope
                guard passage.source.kind != .file else {
                    scopes.ofFiles[passage.scope, default: []].append(passage)
                    continue
                }
                scopes.waiting[passage.scope, default: []].append(passage)
                guard scopes.waiting[passage.scope, default: []].count >= Self.segmentSize else { continue }
                full[passage.scope, default: []] += scopes.waiting.removeValue(forKey: passage.scope) ?? []
            }
            return full
        }
        for (scope, passages) in full { queue.async(group: group) { [self] in make(scope, passages) } }
    }

    private func make(_ scope: Scope, _ passages: [Passage]) {
        let segment = Segment(passages.sorted { ($0.createdAt, $0.chunk) < ($1.createdAt, $1.chunk) }, shape)
        scopes.withLock { $0.ready[scope, default: []].append(segment) }
    }

    /// Takes long and blocks its thread.
    func finish() -> (partitions: [Scope: Partition], sources: [SourceReference: Scope]) {
        let rest = scopes.withLock { scopes in
            defer { (scopes.waiting, scopes.ofFiles) = ([:], [:]) }
            return Array(scopes.waiting) + Array(scopes.ofFiles)
        }
        DispatchQueue.concurrentPerform(iterations: rest.count) { make(rest[$0].key, rest[$0].value) }
        group.wait()
        return scopes.withLock { scopes in
            defer { scopes = Scopes() }
            let partitions = scopes.ready.map { scope, segments in (scope, Partition(of: scope, segments)) }
            return (Dictionary(uniqueKeysWithValues: partitions), scopes.sources)
        }
    }
}
