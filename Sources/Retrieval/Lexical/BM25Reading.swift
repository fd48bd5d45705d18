import CKernels
import Domain
import Foundation

/// Goes through the postings of a question's terms and adds up what each row scores.
struct BM25Reading {
    private let corpus: VisibleCorpus
    private let scores: WordScores
    private let averages: Averages
    private let hasMeetings: Bool
    private let readsTurnsAround: Bool
    /// Rows whose surroundings have the term that is being read.
    private var around: [Int32] = []
    private var files: [Int32] = []

    init(_ corpus: VisibleCorpus, _ scores: WordScores, readsTurnsAround: Bool) {
        self.readsTurnsAround = readsTurnsAround
        self.corpus = corpus
        self.scores = scores
        averages = Averages(corpus)
        hasMeetings = corpus.hasMeetings
    }

    func rarity(of term: TermKey) -> Float { idf(VisiblePostings(term, in: corpus).sources) }

    /// How rare the term is.
    mutating func add(_ term: TermKey) -> Float {
        let found = VisiblePostings(term, in: corpus)
        let idf = idf(found.sources)
        guard found.sources > 0 else { return idf }
        around.removeAll(keepingCapacity: true)
        let isDiscourse = hasMeetings && DiscourseTerms.contains(term)
        for (index, range) in found.ranges {
            if corpus.stretches[index].hasOnlyLivingTurns, corpus.stretches[index].links.meetings.isEmpty {
                readTurns(range, ofStretch: index, idf)
            } else {
                readMixed(range, corpus.stretches[index], idf, isDiscourse)
            }
        }
        addSurroundings(idf)
        return idf
    }

    private func idf(_ frequency: Int) -> Float {
        log(1 + (Float(averages.documents) - Float(frequency) + 0.5) / (Float(frequency) + 0.5))
    }

    private func addSurroundings(_ idf: Float) {
        let turn = Saturation(average: (hasMeetings ? 1 : 3) * averages.turn)
        let file = Saturation(average: averages.file)
        let surrounded = scores.surrounded
        for row in around {
            let row = Int(row)
            let length = surrounded[row].length
            if length < 0 {
                surrounded[row].score += idf * file.of(surrounded[row].count, length: -length)
            } else {
                let span = hasMeetings ? length / turns(row) : length
                surrounded[row].score += idf * turn.of(surrounded[row].count, length: span)
            }
            surrounded[row].count = 0
        }
    }

    /// How many turns a row is read with.
    private func turns(_ row: Int) -> Float {
        corpus.isInMeeting(row) ? Float(2 * MeetingStretches.wordReach + 1) : 3
    }

    /// Messages of a conversation, all there: nearly every row of a lab.
    private mutating func readTurns(_ range: Range<Int>, ofStretch index: Int, _ idf: Float) {
        let saturation = Saturation(average: averages.turn)
        let base = corpus.stretches[index].base
        let segment = corpus.stretches[index].segment
        segment.postings.withRows(in: range) { rows, counts in
            scores.touchedOwn.count += labsync_add_term(
                rows.baseAddress,
                counts.baseAddress,
                rows.count,
                segment.lengths,
                saturation.weighed(by: idf),
                scores.own + base,
                Int32(base),
                scores.touchedOwn.end
            )
        }
        if readsTurnsAround { readTurnsAround(range, corpus.stretches[index]) }
    }

    private mutating func readTurnsAround(_ range: Range<Int>, _ stretch: VisibleCorpus.Stretch) {
        let (corpus, surrounded) = (corpus, scores.surrounded)
        let (local, base) = (stretch.base - stretch.partitionBase, stretch.partitionBase)
        let links = stretch.links
        var around = around
        self.around = []
        var touched = scores.touchedSurrounded
        stretch.segment.lengths.withUnsafeBufferPointer { lengths in
            links.previous.withUnsafeBufferPointer { previous in
                links.next.withUnsafeBufferPointer { next in
                    func length(_ place: Int) -> Float {
                        let row = place - local
                        if row >= 0, row < lengths.count { return Float(lengths[row]) }
                        return place < 0 ? 0 : Float(corpus.length(of: base + place))
                    }
                    func spread(_ count: Float, _ place: Int) {
                        let slot = surrounded + (base + place)
                        if slot.pointee.count == 0 {
                            around.append(Int32(base + place))
                            if slot.pointee.length == 0 {
                                touched.append(base + place)
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
        scores.touchedSurrounded.count = touched.count
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
            if scores.own[row] == 0 {
                scores.touchedOwn.append(row)
                if isFile { files.append(Int32(row)) }
            }
            scores.own[row] += idf * (isFile ? passage : turn).of(count, length: Float(segment.lengths[place]))
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
        let slot = scores.surrounded + row
        if slot.pointee.length == 0 {
            scores.touchedSurrounded.append(row)
            slot.pointee.length = length()
        }
        if slot.pointee.count == 0 { around.append(Int32(row)) }
        slot.pointee.count += count
    }

    /// What a whole file scored is every passage's of it that has a score.
    mutating func shareWithinFiles() {
        for row in files {
            let leader = corpus.leader(of: Int(row))
            guard leader != Int(row) else { continue }
            scores.surrounded[Int(row)].score = scores.surrounded[leader].score
            scores.touchedSurrounded.append(Int(row))
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

        func weighed(by idf: Float) -> labsync_term_weight {
            labsync_term_weight(weight: idf, gain: BM25.k1 + 1, fixed: fixed, per_length: perTerm)
        }
    }

    /// Mean lengths in terms: of turns (messages, statuses, events), of files' passages, of whole files.
    private struct Averages {
        let turn: Float
        let passage: Float
        let file: Float
        let documents: Int

        init(_ corpus: VisibleCorpus) {
            var totals = LengthTotals()
            for index in corpus.stretches.indices { totals.add(corpus.stretches[index].part.totals) }
            turn = max(1, Float(totals.turnTerms) / Float(max(1, totals.turns)))
            passage = max(1, Float(totals.passageTerms) / Float(max(1, totals.passages)))
            file = max(1, Float(totals.passageTerms) / Float(max(1, totals.files)))
            documents = totals.turns + totals.files
        }
    }
}
