import Foundation

/// How well stretches of a meeting's transcript match a question.
///
/// A transcript's turns are many and short, and what answers is a stretch of them: so each turn is ranked by the turns
/// around it, by a vector that weighs each turn by the root of its length (measured on transcripts, docs/PERFORMANCE.md).
struct MeetingStretches {
    /// Turns to either side in a stretch's vector, in its words, and in the final smoothing.
    private static let meaningReach = 4
    static let wordReach = 5
    private static let smoothingReach = 3

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
    /// By candidate, 0 to 1: both, smoothed along the transcript.
    let joined: [Double]

    /// - Parameters:
    ///   - rows: candidates in meetings.
    ///   - query: nil without an embedder.
    init(_ rows: [Int], in corpus: VisibleCorpus, query: [Float]?, words: LegScores?) {
        let near = rows.map { corpus.turns(around: $0, reach: Self.smoothingReach) }
        var places: [Int: Int] = [:]
        for row in near.joined() where places[row] == nil { places[row] = places.count }
        let turns = places.sorted { $0.value < $1.value }.map(\.key)
        let meaning = turns.map { turn in query.map { Self.cosine(of: turn, with: $0, corpus) } ?? 0 }
        let lexical = turns.map { Double(words?[$0] ?? 0) }
        let shares = zip(Self.shares(meaning, floor: meaning.min() ?? 0), Self.shares(lexical, floor: 0))
            .map { ($0 + $1) / 2 }
        self.meaning = rows.map { row in places[row].map { meaning[$0] } ?? 0 }
        self.words = rows.map { row in places[row].map { lexical[$0] } ?? 0 }
        joined = zip(rows, near).map { row, near in
            let center = near.firstIndex(of: row) ?? 0
            var total = 0.0
            var weight = 0.0
            for (index, turn) in near.enumerated() {
                let share = Self.weight(index - center, Self.smoothingReach)
                total += share * (places[turn].map { shares[$0] } ?? 0)
                weight += share
            }
            return total / weight
        }
    }

    /// Falls from the middle of a stretch to its ends.
    private static func weight(_ distance: Int, _ reach: Int) -> Double { Double(reach + 1 - abs(distance)) }

    private static func shares(_ values: [Double], floor: Double) -> [Double] {
        let span = max((values.max() ?? 0) - floor, 1e-9)
        return values.map { ($0 - floor) / span }
    }

    /// All turns whose vectors are looked at for some candidates.
    static func turnsCompared(for rows: some Sequence<Int>, in corpus: VisibleCorpus) -> Set<Int> {
        let near = Set(rows.lazy.flatMap { corpus.turns(around: $0, reach: smoothingReach) })
        return Set(near.lazy.flatMap { corpus.turns(around: $0, reach: meaningReach) })
    }

    private static func cosine(of turn: Int, with query: [Float], _ corpus: VisibleCorpus) -> Double {
        let near = corpus.turns(around: turn, reach: meaningReach)
        let center = near.firstIndex(of: turn) ?? 0
        var sum = [Float](repeating: 0, count: query.count)
        for (index, row) in near.enumerated() {
            let length = Double(max(1, corpus.length(of: row)))
            let share = Float(weight(index - center, meaningReach) * length.squareRoot())
            corpus.withVector(of: row) { vector in
                for place in sum.indices.prefix(vector.count) { sum[place] += share * vector[place] }
            }
        }
        var dot: Float = 0
        var square: Float = 0
        for place in sum.indices {
            dot += sum[place] * query[place]
            square += sum[place] * sum[place]
        }
        return square > 0 ? Double(dot / square.squareRoot()) : 0
    }
}

extension VisibleCorpus {
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
