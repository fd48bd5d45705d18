import Foundation

/// How well stretches of a meeting's transcript match a question.
///
/// A transcript's turns are many and short, and what answers is a stretch of them: so each turn is ranked by the turns
/// around it (measured on transcripts, docs/PERFORMANCE.md).
struct MeetingStretches {
    /// Turns to either side in a stretch's words, and in the final smoothing.
    static let wordReach = 5
    private static let smoothingReach = 5
    /// Cosines that differ by less tell nothing, and stretches that stand out by less are no finds.
    private static let leastSpan = 0.05
    private static let leastStanding = 0.25

    /// Fewer turns, or slower ones, are chat. Seconds; people type slower than they talk.
    private static let fewestTurns = 60
    private static let longestGap: TimeInterval = 20

    /// - Parameter gaps: seconds between the turns of one sitting.
    static func isMeeting(gaps: [TimeInterval]) -> Bool {
        gaps.count + 1 >= fewestTurns && gaps.sorted()[gaps.count / 2] <= longestGap
    }

    /// By candidate: the cosine of its stretch, and BM25 over its stretch.
    let meaning: [Double]
    let words: [Double]
    /// By candidate, 0 to 1, the best of them 1 where it stands out: both, smoothed along the transcript.
    let joined: [Double]

    /// - Parameters:
    ///   - rows: candidates in meetings.
    ///   - query: nil without an embedder.
    init(_ rows: [Int], in corpus: VisibleCorpus, query: [Float]?, words: LegScores?) {
        let near = rows.map { corpus.turns(around: $0, reach: Self.smoothingReach) }
        var places: [Int: Int] = [:]
        for row in near.joined() where places[row] == nil { places[row] = places.count }
        let turns = places.sorted { $0.value < $1.value }.map(\.key)
        let lexical = turns.map { Double(words?[$0] ?? 0) }
        let lexicalShares = Self.shares(lexical, floor: 0, leastSpan: 1e-9)
        func joined(_ meaning: [Double]) -> [Double] {
            let shares = zip(meaning, lexicalShares).map { ($0 + $1) / 2 }
            return zip(rows, near).map { Self.smoothed($0, $1, places, shares) }
        }
        func ofRows(_ values: [Double]) -> [Double] { rows.map { row in places[row].map { values[$0] } ?? 0 } }
        self.words = ofRows(lexical)
        guard let query else {
            meaning = rows.map { _ in 0 }
            self.joined = Self.standing(joined(turns.map { _ in 0 }))
            return
        }
        let vectors = StretchVectors(turns, in: corpus, query)
        meaning = ofRows(vectors.cosines)
        let shares = zip(Self.shares(vectors.cosines), Self.shares(vectors.bestTurns)).map { ($0 + $1) / 2 }
        self.joined = Self.standing(joined(shares))
    }

    private static func smoothed(_ row: Int, _ near: [Int], _ places: [Int: Int], _ shares: [Double]) -> Double {
        let center = near.firstIndex(of: row) ?? 0
        var total = 0.0
        var weight = 0.0
        for (index, turn) in near.enumerated() {
            let share = Self.weight(index - center, smoothingReach)
            total += share * (places[turn].map { shares[$0] } ?? 0)
            weight += share
        }
        return total / weight
    }

    /// Falls from the middle of a stretch to its ends.
    static func weight(_ distance: Int, _ reach: Int) -> Double { Double(reach + 1 - abs(distance)) }

    private static func shares(_ cosines: [Double]) -> [Double] {
        shares(cosines, floor: cosines.min() ?? 0, leastSpan: leastSpan)
    }

    private static func shares(_ values: [Double], floor: Double, leastSpan: Double) -> [Double] {
        let span = max((values.max() ?? 0) - floor, leastSpan)
        return values.map { ($0 - floor) / span }
    }

    private static func standing(_ joined: [Double]) -> [Double] {
        let best = max(joined.max() ?? 0, leastStanding)
        return joined.map { $0 / best }
    }

    /// All turns whose vectors are looked at for some candidates.
    static func turnsCompared(for rows: some Sequence<Int>, in corpus: VisibleCorpus) -> Set<Int> {
        let near = Set(rows.lazy.flatMap { corpus.turns(around: $0, reach: smoothingReach) })
        return Set(near.lazy.flatMap { corpus.turns(around: $0, reach: StretchVectors.farthest) })
    }
}

extension VisibleCorpus {
    var hasMeetings: Bool { stretches.contains { !$0.links.meetings.isEmpty } }

    func isInMeeting(_ row: Int) -> Bool {
        let index = stretchIndex(of: row)
        return stretches[index].links.isInMeeting(row - stretches[index].partitionBase)
    }

    /// A turn with those before and after it, in order; of a meeting only those of the same meeting.
    func turns(around row: Int, reach: Int) -> [Int] {
        let stretch = stretch(of: row)
        let links = stretch.links
        let place = Int32(row - stretch.partitionBase)
        let isMeeting = reach > 1
        func walk(_ step: [Int32]) -> [Int] {
            var found: [Int] = []
            var next = step[Int(place)]
            while next >= 0, found.count < reach, !isMeeting || links.sitting[Int(next)] == links.sitting[Int(place)] {
                found.append(stretch.partitionBase + Int(next))
                next = step[Int(next)]
            }
            return found
        }
        return walk(links.previous).reversed() + [row] + walk(links.next)
    }
}
