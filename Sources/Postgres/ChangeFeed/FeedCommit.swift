import Assistant
import Domain

/// What one transaction changed, as the readers of the feed need it; bounded however large it was.
struct FeedCommit: Sendable {
    /// Changes of content beyond this are left out, and the listener is told so.
    static let mostBytes = 32 << 20
    static let mostContent = 20_000
    /// Beyond so many sources the index is better loaded anew.
    static let mostSources = 200_000

    /// Its id, modulo 2^32 as the feed has it.
    var transaction: UInt32 = 0
    var position: UInt64 = 0
    /// Microseconds since 1970.
    var time: Int64 = 0
    var sources: Set<SourceReference> = []
    var changedGenerations = false
    /// Some table was emptied without saying which rows it had.
    var wasTruncated = false
    private(set) var changes: [RowChange] = []
    private(set) var isCut = false
    private var bytes = 0
    private var content = 0

    init(transaction: UInt32 = 0, position: UInt64 = 0, time: Int64 = 0) {
        self.transaction = transaction
        self.position = position
        self.time = time
    }

    mutating func add(_ change: RowChange, isContent: Bool) {
        if isContent {
            bytes += (change.old?.size ?? 0) + (change.new?.size ?? 0)
            content += 1
            if bytes > Self.mostBytes || content > Self.mostContent { isCut = true }
            guard !isCut else { return }
        }
        changes.append(change)
    }

    var forListener: CommittedTransaction {
        CommittedTransaction(position: position, time: time, changes: changes, isCut: isCut)
    }
}

extension FeedRow {
    fileprivate var size: Int { values.reduce(0) { $0 + ($1?.utf8.count ?? 0) } }
}
