import Domain
import Foundation

/// From candidates in order to results: one passage a source, and nothing said twice.
struct Selection {
    /// Of what ranks too low only the first few are told.
    private static let toldBelowLimit = 20

    private(set) var results: [RankedPassage] = []
    private(set) var dropped: [DroppedPassage] = []

    private let board: Scoreboard

    /// - Parameter candidates: best first, with their places on the board.
    init(
        of candidates: some Sequence<(entry: Segment.Row, place: Int)>,
        on board: Scoreboard,
        limit: Int,
        now: Date,
        keepingDuplicates: Bool
    ) {
        self.board = board
        var sources: Set<SourceReference> = []
        var fingerprints: Set<UInt64> = []
        var below = 0
        for (entry, place) in candidates {
            guard below < Self.toldBelowLimit else { break }
            guard sources.insert(entry.source).inserted else {
                drop(entry, place, "another passage of the same source ranks higher")
                continue
            }
            // Equal files are still two documents.
            guard keepingDuplicates || entry.source.kind == .file || fingerprints.insert(entry.fingerprint).inserted
            else {
                drop(entry, place, "says the same as a passage that ranks higher")
                continue
            }
            guard results.count < limit else {
                below += 1
                drop(entry, place, "ranks below the limit of \(limit)")
                continue
            }
            let age = now.timeIntervalSince(entry.createdAt)
            results.append(RankedPassage(entry, board.explanation(of: place, age: age)))
        }
    }

    private mutating func drop(_ entry: Segment.Row, _ place: Int, _ reason: String) {
        dropped.append(DroppedPassage(chunk: entry.chunk, score: board.fused[place], reason: reason))
    }
}

extension RankedPassage {
    fileprivate init(_ entry: Segment.Row, _ explanation: Explanation) {
        self.init(
            chunk: entry.chunk,
            source: entry.source,
            conversation: entry.conversation,
            author: entry.author,
            createdAt: entry.createdAt,
            score: explanation.fused,
            explanation: explanation
        )
    }
}
