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
            let found = VisiblePostings(TermKey(term), in: corpus)
            let idf = Self.idf(found.sources, reading.averages.documents)
            rarity[term] = Double(idf)
            guard found.sources > 0 else { continue }
            reading.add(found, idf: idf, isDiscourse: DiscourseTerms.contains(term))
        }
        reading.shareWithinFiles()
        self.rarity = rarity
    }

    /// Rows with a score in either reading; all of them live.
    var touched: UnsafeBufferPointer<Int32> { scores.touched }

    func own(_ row: Int) -> Float { scores[row].own }
    func surrounded(_ row: Int) -> Float { scores[row].surrounded }

    private static func idf(_ frequency: Int, _ documents: Int) -> Float {
        log(1 + (Float(documents) - Float(frequency) + 0.5) / (Float(frequency) + 0.5))
    }
}

/// A term's rows among what one asker may see.
struct VisiblePostings {
    /// Places in the postings of stretches that have it.
    private(set) var ranges: [(stretch: Int, range: Range<Int>)] = []
    /// Sources that have it.
    private(set) var sources = 0

    init(_ term: TermKey, in corpus: VisibleCorpus) {
        for (index, stretch) in corpus.stretches.enumerated() {
            let segment = stretch.part.segment
            let range = segment.postings.range(of: term)
            guard !range.isEmpty else { continue }
            ranges.append((index, range))
            if segment.hasOnlyTurns, stretch.part.dead.isEmpty {
                sources += range.count
                continue
            }
            var last = -1
            for place in range where !stretch.part.dead.contains(segment.postings.rows[place]) {
                let leader = segment.leader(of: Int(segment.postings.rows[place]))
                if leader != last { sources += 1 }
                last = leader
            }
        }
    }
}
