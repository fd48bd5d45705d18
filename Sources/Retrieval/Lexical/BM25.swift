import Domain
import Foundation

/// BM25 (Robertson and Zaragoza 2009) over what one asker may see: not even a word's rarity tells of the rest.
///
/// Two readings of every row: by itself, and in its surroundings: a message with the turns beside it (in a meeting more of
/// them), a file as a whole.
struct BM25 {
    static let k1: Float = 1.2
    static let b: Float = 0.75

    /// By row of the corpus.
    private(set) var own: [Float]
    private(set) var surrounded: [Float]
    /// Rows with a score in either reading.
    private(set) var touched: [Int] = []
    /// Rarity of each of the query's terms; one that does not occur is the rarest.
    private(set) var rarity: [String: Double] = [:]

    init(_ corpus: VisibleCorpus, terms: [String]) {
        own = [Float](repeating: 0, count: corpus.count)
        surrounded = own
        let averages = Averages(corpus)
        var isTouched = [Bool](repeating: false, count: corpus.count)
        var counts = [Float](repeating: 0, count: corpus.count)
        var lengths = counts
        let hasMeetings = corpus.stretches.contains { !$0.links.meetings.isEmpty }
        func turns(_ row: Int) -> Float {
            hasMeetings && corpus.isInMeeting(row) ? Float(2 * MeetingStretches.wordReach + 1) : 3
        }

        for term in Set(terms) {
            let frequency = Self.documentFrequency(term, corpus)
            let idf = Self.idf(frequency, averages.documents)
            rarity[term] = Double(idf)
            guard frequency > 0 else { continue }
            let isDiscourse = DiscourseTerms.contains(term)
            var rows: [Int] = []
            for stretch in corpus.stretches {
                guard let postings = stretch.segment.postings[term] else { continue }
                for posting in postings where !stretch.part.dead.contains(posting.row) {
                    let row = stretch.base + Int(posting.row)
                    let isFile = stretch.segment.rows[Int(posting.row)].source.kind == .file
                    own[row] +=
                        idf
                        * Self.saturation(
                            Float(posting.count),
                            Float(stretch.segment.lengths[Int(posting.row)]),
                            isFile ? averages.passage : averages.turn
                        )
                    if !isTouched[row] {
                        isTouched[row] = true
                        touched.append(row)
                    }
                    // In a meeting everything is discussed, thought and said.
                    if hasMeetings, !isFile, isDiscourse, corpus.isInMeeting(row) { continue }
                    spread(Float(posting.count), posting.row, stretch, isFile, corpus, &counts, &lengths, &rows)
                }
            }
            for row in rows {
                let isFile = lengths[row] < 0
                surrounded[row] +=
                    idf
                    * Self.saturation(
                        counts[row],
                        abs(lengths[row]),
                        isFile ? averages.file : turns(row) * averages.turn
                    )
                if !isTouched[row] {
                    isTouched[row] = true
                    touched.append(row)
                }
                counts[row] = 0
            }
        }
        shareWithinFiles(corpus)
    }

    /// Adds a term's count to every row whose surroundings it belongs to. Lengths of files are kept negative.
    private func spread(
        _ count: Float,
        _ posting: Int32,
        _ stretch: VisibleCorpus.Stretch,
        _ isFile: Bool,
        _ corpus: VisibleCorpus,
        _ counts: inout [Float],
        _ lengths: inout [Float],
        _ rows: inout [Int]
    ) {
        func add(to row: Int, length: @autoclosure () -> Float) {
            if counts[row] == 0 {
                rows.append(row)
                lengths[row] = length()
            }
            counts[row] += count
        }
        let segment = stretch.segment
        guard !isFile else {
            let leader = Int(segment.leaders[Int(posting)])
            add(to: stretch.base + leader, length: -Float(segment.sourceLengths[leader]))
            return
        }
        let local = stretch.base - stretch.partitionBase + Int(posting)
        guard !stretch.links.isInMeeting(local) else {
            let reach = MeetingStretches.wordReach
            for turn in corpus.turns(around: stretch.base + Int(posting), reach: reach) {
                let near = corpus.turns(around: turn, reach: reach)
                add(to: turn, length: near.reduce(0) { $0 + Float(corpus.length(of: $1)) })
            }
            return
        }
        for place in [Int32(local), stretch.links.previous[local], stretch.links.next[local]] where place >= 0 {
            add(to: stretch.partitionBase + Int(place), length: windowLength(Int(place), stretch, corpus))
        }
    }

    private func windowLength(_ place: Int, _ stretch: VisibleCorpus.Stretch, _ corpus: VisibleCorpus) -> Float {
        [Int32(place), stretch.links.previous[place], stretch.links.next[place]].reduce(Float(0)) { sum, place in
            guard place >= 0 else { return sum }
            let row = stretch.partitionBase + Int(place)
            let home = stretch.rows.contains(row) ? stretch : corpus.stretch(of: row)
            return sum + Float(home.segment.lengths[row - home.base])
        }
    }

    /// What a whole file scored is every passage's of it that has a score.
    private mutating func shareWithinFiles(_ corpus: VisibleCorpus) {
        for row in touched {
            let stretch = corpus.stretch(of: row)
            let leader = stretch.base + Int(stretch.segment.leaders[row - stretch.base])
            if leader != row { surrounded[row] = surrounded[leader] }
        }
    }

    /// Sources that hold the term.
    private static func documentFrequency(_ term: String, _ corpus: VisibleCorpus) -> Int {
        var frequency = 0
        for stretch in corpus.stretches {
            guard let postings = stretch.segment.postings[term] else { continue }
            var lastLeader: Int32 = -1
            for posting in postings where !stretch.part.dead.contains(posting.row) {
                let leader = stretch.segment.leaders[Int(posting.row)]
                if leader != lastLeader { frequency += 1 }
                lastLeader = leader
            }
        }
        return frequency
    }

    private static func idf(_ frequency: Int, _ documents: Int) -> Float {
        log(1 + (Float(documents) - Float(frequency) + 0.5) / (Float(frequency) + 0.5))
    }

    private static func saturation(_ count: Float, _ length: Float, _ average: Float) -> Float {
        count * (k1 + 1) / (count + k1 * (1 - b + b * length / average))
    }

    /// Mean lengths in terms: of turns (messages, statuses, events), of files' passages, of whole files.
    private struct Averages {
        var turn: Float
        var passage: Float
        var file: Float
        var documents: Int

        init(_ corpus: VisibleCorpus) {
            var totals = LengthTotals()
            for stretch in corpus.stretches { totals.add(stretch.part.totals) }
            turn = max(1, Float(totals.turnTerms) / Float(max(1, totals.turns)))
            passage = max(1, Float(totals.passageTerms) / Float(max(1, totals.passages)))
            file = max(1, Float(totals.passageTerms) / Float(max(1, totals.files)))
            documents = totals.turns + totals.files
        }
    }
}
