public import Domain
import Foundation
import Synchronization

/// Every passage in memory, partitioned by scope; a search touches only the partitions that its asker is admitted to.
///
/// Readers work on a snapshot: they never wait for writers, nor writers for them.
public final class SearchIndex: Sendable {
    public struct Statistics: Sendable, Equatable {
        public var passages: Int
        public var partitions: Int
        public var bytes: Int
    }

    struct Snapshot: Sendable {
        var partitions: [Scope: Partition] = [:]
        var scopes: [SourceReference: Scope] = [:]
    }

    public let dimension: Int
    private let state = Mutex(Snapshot())
    private let writing = Mutex(())

    public init(dimension: Int) {
        self.dimension = dimension
    }

    /// Puts passages in; those that their sources had before are replaced.
    public func replace(_ passages: [SourceReference: [Passage]]) {
        let bySource = passages.filter { !$0.value.isEmpty }
        var byScope: [Scope: [Passage]] = [:]
        for list in bySource.values { for passage in list { byScope[passage.scope, default: []].append(passage) } }
        let segments = byScope.mapValues { list in
            Segment(list.sorted { ($0.createdAt, $0.chunk) < ($1.createdAt, $1.chunk) }, dimension: dimension)
        }
        write { state in
            for source in passages.keys { Self.remove(source, from: &state) }
            for (scope, segment) in segments {
                state.partitions[scope] = (state.partitions[scope] ?? Partition([])).adding(segment)
            }
            for (source, list) in bySource { state.scopes[source] = list[0].scope }
        }
    }

    public func remove(_ source: SourceReference) {
        write { Self.remove(source, from: &$0) }
    }

    public func removeAll() {
        write { $0 = Snapshot() }
    }

    /// Writers wait for each other, but readers only for the moment in which the new snapshot takes its place.
    private func write(_ change: (inout Snapshot) -> Void) {
        writing.withLock { _ in
            var snapshot = state.withLock { $0 }
            change(&snapshot)
            let changed = snapshot
            state.withLock { $0 = changed }
        }
    }

    public var statistics: Statistics {
        let snapshot = state.withLock { $0 }
        return Statistics(
            passages: snapshot.partitions.values.reduce(0) { $0 + $1.liveCount },
            partitions: snapshot.partitions.count,
            bytes: snapshot.partitions.values.reduce(0) { $0 + $1.parts.reduce(0) { $0 + $1.segment.byteCount } }
        )
    }

    /// The names of people in what `grants` admit, to be recognised in questions.
    public func people(admittedBy grants: Grants) -> People {
        People(visible(to: grants, conversation: nil).lazy.flatMap { $0.parts }.flatMap { $0.segment.rows })
    }

    /// Whether all of these people may read a source.
    public func everyone(in audience: [Grants], mayRead source: SourceReference) -> Bool {
        guard let scope = state.withLock({ $0.scopes[source] }) else { return false }
        return audience.allSatisfy { $0.admit(scope) }
    }

    /// Scores what `grants` admit, and nothing else.
    public func search(_ request: SearchRequest, admittedBy grants: Grants) -> SearchOutcome {
        search(request, admittedBy: grants, weights: .measured)
    }

    package func search(
        _ request: SearchRequest,
        admittedBy grants: Grants,
        weights: FusionWeights
    ) -> SearchOutcome {
        let partitions = visible(to: grants, conversation: request.conversation)
        return Ranking(request, VisibleCorpus(partitions), weights).run()
    }

    /// In an order that does not depend on hashing, so that equal scores always rank alike.
    private func visible(to grants: Grants, conversation: ConversationID?) -> [Partition] {
        let partitions = state.withLock { $0.partitions }
        if let conversation {
            let scope = Scope.conversation(conversation)
            return grants.admit(scope) ? [partitions[scope]].compactMap { $0 } : []
        }
        return partitions.filter { grants.admit($0.key) }
            .sorted { $0.key.description < $1.key.description }
            .map(\.value)
    }

    private static func remove(_ source: SourceReference, from state: inout Snapshot) {
        guard let scope = state.scopes.removeValue(forKey: source), let partition = state.partitions[scope] else {
            return
        }
        state.partitions[scope] = partition.removing(source)
    }
}
