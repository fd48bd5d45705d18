import Domain
import Foundation

/// BM25 (Robertson and Zaragoza 2009) over what one asker may see: not even a word's rarity tells of the rest.
///
/// Two readings of every row: by itself, and in its surroundings: a message with the turns beside it (in a meeting more of
/// them), a file as a whole.
struct BM25 {
    static let k1: Float = 1.2
    static let b: Float = 0.75

    /// Rarity of each of the query's terms; one that does not occur is the rarest.
    let rarity: [String: Double]
    private let scores: WordScores

    /// - Parameter readsTurnsAround: false leaves turns' surroundings at 0.
    init(_ corpus: VisibleCorpus, terms: [String], readsTurnsAround: Bool = true) {
        scores = WordScores.lend(corpus.count)
        var reading = BM25Reading(corpus, scores, readsTurnsAround: readsTurnsAround)
        var rarity: [String: Double] = [:]
        for term in terms where rarity[term] == nil {
            // A compound counts by its words; with the whole too it would outweigh all else that is asked.
            let key = TermKey(term)
            guard !Terms.isWholeOfTerms(term) else {
                rarity[term] = Double(reading.rarity(of: key))
                continue
            }
            rarity[term] = Double(reading.add(key))
        }
        reading.shareWithinFiles()
        self.rarity = rarity
    }

    /// Of rows by themselves, and with no word on how rare the terms are.
    init(_ corpus: VisibleCorpus, ofRowsWith keys: [TermKey]) {
        scores = WordScores.lend(corpus.count)
        var reading = BM25Reading(corpus, scores, readsTurnsAround: false)
        for (place, key) in keys.enumerated() where !keys[..<place].contains(key) { _ = reading.add(key) }
        rarity = [:]
    }

    enum Reading {
        /// Every row by itself.
        case own
        case surrounded
    }

    func score(of row: Int, by reading: Reading) -> Float {
        switch reading {
        case .own: scores.own[row]
        case .surrounded: scores.surrounded[row].score
        }
    }

    /// The best rows; ties by chunk. All that have a score are alive.
    func best(_ limit: Int, by reading: Reading, in corpus: VisibleCorpus) -> [Int] {
        TopRows.best(limit, of: touched(reading), in: column(reading), chunk: corpus.chunk)
    }

    /// The best of those that a request's filters let through.
    func best(_ limit: Int, by reading: Reading, among eligible: EligibleRows, in corpus: VisibleCorpus) -> [Int] {
        if eligible.isUnfiltered { return best(limit, by: reading, in: corpus) }
        return touched(reading).filter { eligible.contains(Int($0)) }.withUnsafeBufferPointer {
            TopRows.best(limit, of: $0, in: column(reading), chunk: corpus.chunk)
        }
    }

    private func touched(_ reading: Reading) -> UnsafeBufferPointer<Int32> {
        switch reading {
        case .own: scores.touchedOwn.all
        case .surrounded: scores.touchedSurrounded.all
        }
    }

    private func column(_ reading: Reading) -> TopRows.Column {
        switch reading {
        case .own: TopRows.Column(scores: scores.own, stride: 1)
        case .surrounded: scores.surroundedColumn
        }
    }
}

/// A term's rows among what one asker may see.
struct VisiblePostings {
    /// Places in the postings of stretches that have it.
    private(set) var ranges: [(stretch: Int, range: Range<Int>)] = []
    /// Sources that have it.
    private(set) var sources = 0

    init(_ term: TermKey, in corpus: VisibleCorpus) {
        ranges.reserveCapacity(min(corpus.stretches.count, 64))
        for index in corpus.stretches.indices {
            let segment = corpus.stretches[index].segment
            let range = segment.postings.range(of: term)
            guard !range.isEmpty else { continue }
            ranges.append((index, range))
            if corpus.stretches[index].hasOnlyLivingTurns {
                sources += range.count
                continue
            }
            let part = corpus.stretches[index].part
            var last = -1
            for place in range where !part.dead.contains(segment.postings.rows[place]) {
                let leader = segment.leader(of: Int(segment.postings.rows[place]))
                if leader != last { sources += 1 }
                last = leader
            }
        }
    }
}
