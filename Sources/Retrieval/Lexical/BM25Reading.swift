import Domain

/// Goes through the postings of a question's terms and adds up what each row scores.
struct BM25Reading {
    private let corpus: VisibleCorpus
    private let scores: WordScores
    private let slots: UnsafeMutablePointer<WordScores.Slot>
    let averages: Averages
    private let hasMeetings: Bool
    private let readsTurnsAround: Bool
    /// Rows whose surroundings have the term that is being read.
    private var around: [Int32] = []
    private var files: [Int32] = []

    init(_ corpus: VisibleCorpus, _ scores: WordScores, readsTurnsAround: Bool) {
        self.readsTurnsAround = readsTurnsAround
        self.corpus = corpus
        self.scores = scores
        slots = scores.slots
        averages = Averages(corpus)
        hasMeetings = corpus.hasMeetings
    }

    mutating func add(_ found: VisiblePostings, idf: Float, isDiscourse: Bool) {
        around.removeAll(keepingCapacity: true)
        for (index, range) in found.ranges {
            let stretch = corpus.stretches[index]
            if stretch.segment.hasOnlyTurns, stretch.part.dead.isEmpty, stretch.links.meetings.isEmpty {
                readTurns(range, stretch, idf)
            } else {
                readMixed(range, stretch, idf, isDiscourse)
            }
        }
        let turn = Saturation(average: (hasMeetings ? 1 : 3) * averages.turn)
        let file = Saturation(average: averages.file)
        for row in around {
            let row = Int(row)
            let length = slots[row].length
            if length < 0 {
                slots[row].surrounded += idf * file.of(slots[row].count, length: -length)
            } else {
                let span = hasMeetings ? length / turns(row) : length
                slots[row].surrounded += idf * turn.of(slots[row].count, length: span)
            }
            slots[row].count = 0
        }
    }

    /// How many turns a row is read with.
    private func turns(_ row: Int) -> Float {
        corpus.isInMeeting(row) ? Float(2 * MeetingStretches.wordReach + 1) : 3
    }

    /// Messages of a conversation, all there: nearly every row of a lab.
    private mutating func readTurns(_ range: Range<Int>, _ stretch: VisibleCorpus.Stretch, _ idf: Float) {
        let own = Saturation(average: averages.turn)
        let rows = slots + stretch.base
        let (scores, base) = (scores, stretch.base)
        stretch.segment.lengths.withUnsafeBufferPointer { lengths in
            stretch.segment.postings.forEach(in: range) { row, count in
                if rows[row].own == 0, rows[row].length == 0 { scores.touch(base + row) }
                rows[row].own += idf * own.of(count, length: Float(lengths[row]))
            }
        }
        if readsTurnsAround { readTurnsAround(range, stretch) }
    }

    private mutating func readTurnsAround(_ range: Range<Int>, _ stretch: VisibleCorpus.Stretch) {
        let (corpus, slots, scores) = (corpus, slots, scores)
        let (local, base) = (stretch.base - stretch.partitionBase, stretch.partitionBase)
        var around = around
        self.around = []
        stretch.segment.lengths.withUnsafeBufferPointer { lengths in
            stretch.links.previous.withUnsafeBufferPointer { previous in
                stretch.links.next.withUnsafeBufferPointer { next in
                    func length(_ place: Int) -> Float {
                        let row = place - local
                        if row >= 0, row < lengths.count { return Float(lengths[row]) }
                        return place < 0 ? 0 : Float(corpus.length(of: base + place))
                    }
                    func spread(_ count: Float, _ place: Int) {
                        let slot = slots + (base + place)
                        if slot.pointee.count == 0 {
                            around.append(Int32(base + place))
                            if slot.pointee.length == 0 {
                                if slot.pointee.own == 0 { scores.touch(base + place) }
                                slot.pointee.length =
                                    length(place) + length(Int(previous[place])) + length(Int(next[place]))
                            }
                        }
                        slot.pointee.count += count
                    }
                    stretch.segment.postings.forEach(in: range) { row, count in
                        let place = local + row
                        let (before, after) = (Int(previous[place]), Int(next[place]))
                        if before >= 0 { spread(count, before) }
                        spread(count, place)
                        if after >= 0 { spread(count, after) }
                    }
                }
            }
        }
        self.around = around
    }

    private mutating func readMixed(
        _ range: Range<Int>,
        _ stretch: VisibleCorpus.Stretch,
        _ idf: Float,
        _ isDiscourse: Bool
    ) {
        let segment = stretch.segment
        let (turn, passage) = (Saturation(average: averages.turn), Saturation(average: averages.passage))
        for posting in range where !stretch.part.dead.contains(segment.postings.rows[posting]) {
            let place = Int(segment.postings.rows[posting])
            let count = Float(segment.postings.counts[posting])
            let row = stretch.base + place
            let isFile = segment.rows[place].source.kind == .file
            if slots[row].own == 0, slots[row].length == 0 {
                scores.touch(row)
                if isFile { files.append(Int32(row)) }
            }
            slots[row].own += idf * (isFile ? passage : turn).of(count, length: Float(segment.lengths[place]))
            // In a meeting everything is discussed, thought and said.
            if hasMeetings, !isFile, isDiscourse, corpus.isInMeeting(row) { continue }
            if isFile {
                let leader = segment.leader(of: place)
                add(count, to: stretch.base + leader) { -Float(segment.sourceLength(ofLeader: leader)) }
            } else if readsTurnsAround {
                spread(count, row, stretch)
            }
        }
    }

    /// Adds a turn's count to every turn whose surroundings it belongs to.
    private mutating func spread(_ count: Float, _ row: Int, _ stretch: VisibleCorpus.Stretch) {
        let isMeeting = stretch.links.isInMeeting(row - stretch.partitionBase)
        let reach = isMeeting ? MeetingStretches.wordReach : 1
        let corpus = corpus
        for turn in corpus.turns(around: row, reach: reach) {
            add(count, to: turn) {
                corpus.turns(around: turn, reach: reach).reduce(0) { $0 + Float(corpus.length(of: $1)) }
            }
        }
    }

    private mutating func add(_ count: Float, to row: Int, length: () -> Float) {
        if slots[row].length == 0 {
            if slots[row].own == 0 { scores.touch(row) }
            slots[row].length = length()
        }
        if slots[row].count == 0 { around.append(Int32(row)) }
        slots[row].count += count
    }

    /// What a whole file scored is every passage's of it that has a score.
    mutating func shareWithinFiles() {
        for row in files {
            let leader = corpus.leader(of: Int(row))
            if leader != Int(row) { slots[Int(row)].surrounded = slots[leader].surrounded }
        }
    }

    private struct Saturation {
        private let fixed: Float
        private let perTerm: Float

        init(average: Float) {
            fixed = BM25.k1 * (1 - BM25.b)
            perTerm = BM25.k1 * BM25.b / average
        }

        func of(_ count: Float, length: Float) -> Float {
            count * (BM25.k1 + 1) / (count + fixed + perTerm * length)
        }
    }

    /// Mean lengths in terms: of turns (messages, statuses, events), of files' passages, of whole files.
    struct Averages {
        let turn: Float
        let passage: Float
        let file: Float
        let documents: Int

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
