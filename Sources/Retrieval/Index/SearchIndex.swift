public import Domain
import Foundation
import Synchronization

/// Every passage in memory, partitioned by scope; a search touches only the partitions that its asker is admitted to.
///
/// Readers work on a snapshot: they never wait for writers, nor writers for them. What is written is visible at once;
/// `maintain` puts it in order later.
public final class SearchIndex: Sendable {
    public struct Statistics: Sendable, Equatable {
        public var passages: Int
        public var partitions: Int
        public var bytes: Int
    }

    private struct Partitions: Sendable {
        var byScope: [Scope: Partition] = [:]
        /// Those of roles: whoever holds one is to be found by looking through them; all others are found by name.
        var ofRoles: Set<Scope> = []

        subscript(scope: Scope) -> Partition? {
            get { byScope[scope] }
            set {
                byScope[scope] = newValue
                guard case .roles = scope else { return }
                if newValue == nil { ofRoles.remove(scope) } else { ofRoles.insert(scope) }
            }
        }
    }

    let shape: Segment.Shape
    private let partitions = Mutex(Partitions())
    private let scopes = Mutex<[SourceReference: Scope]>([:])
    private let writing = Mutex(())
    /// Those that the last sketch was made with.
    private let axes = Mutex<PrincipalAxes?>(nil)

    /// - Parameter keepsVectors: false where the database compares them.
    public init(dimension: Int, keepsVectors: Bool = true) {
        shape = Segment.Shape(dimension: dimension, keepsVectors: keepsVectors)
    }

    public var dimension: Int { shape.dimension }
    public var keepsVectors: Bool { shape.keepsVectors }

    /// Puts passages in; those that their sources had before are replaced.
    public func replace(_ passages: [SourceReference: [Passage]]) {
        let bySource = passages.filter { !$0.value.isEmpty }
        var byScope: [Scope: [Passage]] = [:]
        for list in bySource.values { for passage in list { byScope[passage.scope, default: []].append(passage) } }
        let segments = byScope.mapValues { list in
            Segment(list.sorted { ($0.createdAt, $0.chunk) < ($1.createdAt, $1.chunk) }, shape)
        }
        write { changed in
            scopes.withLock { scopes in
                for source in passages.keys { remove(source, &scopes, &changed) }
                for (source, list) in bySource { scopes[source] = list[0].scope }
            }
            for (scope, segment) in segments {
                changed[scope] = (current(scope, changed) ?? Partition(of: scope)).adding(segment)
            }
        }
    }

    /// Replaces everything. Takes long and blocks its thread; questions are answered from what was there before.
    public func load(_ loader: IndexLoader) {
        let loaded = loader.finish()
        var made = Partitions()
        for (scope, partition) in loaded.partitions { made[scope] = partition }
        let complete = made
        writing.withLock { _ in
            scopes.withLock { $0 = loaded.sources }
            partitions.withLock { $0 = complete }
        }
    }

    public func remove(_ source: SourceReference) {
        write { changed in scopes.withLock { remove(source, &$0, &changed) } }
    }

    public func removeAll() {
        writing.withLock { _ in
            scopes.withLock { $0 = [:] }
            partitions.withLock { $0 = Partitions() }
        }
    }

    /// Writers wait for each other, but readers only for the moment in which the changed partitions take their places:
    /// all of them at once, so that nobody sees a source that has moved in neither place.
    private func write(_ change: (inout [Scope: Partition?]) -> Void) {
        writing.withLock { _ in
            var changed: [Scope: Partition?] = [:]
            change(&changed)
            partitions.withLock { partitions in
                for (scope, partition) in changed { partitions[scope] = partition }
            }
        }
    }

    private func current(_ scope: Scope, _ changed: [Scope: Partition?]) -> Partition? {
        changed[scope] ?? partitions.withLock { $0[scope] }
    }

    private func remove(
        _ source: SourceReference,
        _ scopes: inout [SourceReference: Scope],
        _ changed: inout [Scope: Partition?]
    ) {
        guard let scope = scopes.removeValue(forKey: source), let partition = current(scope, changed) else { return }
        changed[scope] = .some(partition.removing(source))
    }

    public var statistics: Statistics {
        let partitions = partitions.withLock { $0.byScope }
        return Statistics(
            passages: partitions.values.reduce(0) { $0 + $1.liveCount },
            partitions: partitions.count,
            bytes: partitions.values.reduce(0) { $0 + $1.parts.reduce(0) { $0 + $1.segment.byteCount } }
        )
    }

    // MARK: Putting in order

    /// Merges small segments and prepares large ones for quick looks. Takes long after a lot was written; questions and
    /// writers go on meanwhile.
    public func maintain() {
        for scope in partitions.withLock({ Array($0.byScope.keys) }) {
            while !Task.isCancelled, mergeOnce(scope) {}
        }
        for partition in partitions.withLock({ Array($0.byScope.values) }) {
            for part in partition.parts {
                if Task.isCancelled { return }
                axes.withLock { part.segment.vectors.block.prepareSketch(&$0) }
            }
        }
    }

    /// False when there is nothing to merge.
    private func mergeOnce(_ scope: Scope) -> Bool {
        guard let before = partitions.withLock({ $0[scope] }), let range = before.mergeable else { return false }
        let merged = before.merging(range)
        writing.withLock { _ in
            guard let now = partitions.withLock({ $0[scope] }),
                let changed = now.replacing(range, of: before, with: merged)
            else { return }
            partitions.withLock { $0[scope] = changed.liveCount > 0 ? changed : nil }
        }
        return true
    }

    // MARK: Asking

    /// The names of people in what `grants` admit, to be recognised in questions.
    public func people(admittedBy grants: Grants) -> People {
        People(visible(to: grants, conversation: nil).lazy.flatMap { $0.parts }.flatMap { $0.segment.authors })
    }

    /// Whether all of these people may read a source.
    public func everyone(in audience: [Grants], mayRead source: SourceReference) -> Bool {
        guard let scope = scopes.withLock({ $0[source] }) else { return false }
        return audience.allSatisfy { $0.admit(scope) }
    }

    /// Scores what `grants` admit, and nothing else.
    public func search(_ request: SearchRequest, admittedBy grants: Grants) -> SearchOutcome {
        search(request, admittedBy: grants, weights: .measured)
    }

    /// The passages that a text's words are most of, by BM25 alone, best first.
    public func passages(withWordsOf text: String, _ limit: Int, admittedBy grants: Grants) -> [ChunkID] {
        let corpus = VisibleCorpus(visible(to: grants, conversation: nil))
        let keys = TextReader.lend { $0.words(of: text) }
        return BM25(corpus, ofRowsWith: keys).best(limit, by: .own, in: corpus).map(corpus.chunk)
    }

    package func search(
        _ request: SearchRequest,
        admittedBy grants: Grants,
        weights: FusionWeights
    ) -> SearchOutcome {
        search(prepare(request, admittedBy: grants), weights: weights)
    }

    func search(_ prepared: PreparedSearch, weights: FusionWeights) -> SearchOutcome {
        let ranking = Ranking(prepared.request, prepared.corpus, weights)
        return ranking.rank(ranking.pool(prepared.ground))
    }

    /// In an order that does not depend on hashing, so that equal scores always rank alike. Looks up what the grants
    /// name, whatever else there is.
    func visible(to grants: Grants, conversation: ConversationID?) -> [Partition] {
        let partitions = partitions.withLock { $0 }
        if let conversation {
            let scope = Scope.conversation(conversation)
            return grants.admit(scope) ? [partitions[scope]].compactMap { $0 } : []
        }
        // No scope twice: those of roles, of everyone, of authors and of conversations differ in kind.
        var found = partitions.ofRoles.filter(grants.admit).compactMap { partitions[$0] }
        found.reserveCapacity(found.count + 2 + grants.conversations.count)
        func add(_ scope: Scope) { if let partition = partitions[scope] { found.append(partition) } }
        add(.everyone)
        add(.author(grants.user))
        for conversation in grants.conversations { add(.conversation(conversation)) }
        return found.sorted { $0.place.order < $1.place.order }
    }
}
