import Domain
import Foundation

/// How many of a question's words files begin with: a name and the first sentence say what a file is about.
struct FirstWords {
    /// Words of a file, its name among them, that are its first (measured on protocols and abstracts,
    /// docs/PERFORMANCE.md).
    static let most = 22

    private let corpus: VisibleCorpus
    private let documents: Float
    /// Only these have files.
    private let stretches: [Int]
    /// By the row that is a file's first.
    private var scores: [Int: Float] = [:]

    init(_ corpus: VisibleCorpus, documents: Int) {
        self.corpus = corpus
        self.documents = Float(documents)
        stretches = corpus.stretches.indices.filter { corpus.stretches[$0].segment.totals.passages > 0 }
    }

    /// BM25 without lengths: nearly all are alike in that.
    mutating func add(_ term: TermKey) {
        var found: [(row: Int, count: Float)] = []
        for index in stretches {
            let stretch = corpus.stretches[index]
            let postings = stretch.segment.postings
            postings.forEach(in: postings.range(of: term.amongFirst)) { row, count in
                if !stretch.part.dead.contains(Int32(row)) { found.append((stretch.base + row, count)) }
            }
        }
        let having = Float(found.count)
        let idf = log(1 + (documents - having + 0.5) / (having + 0.5))
        for (row, count) in found {
            scores[corpus.leader(of: row), default: 0] += idf * count * (BM25.k1 + 1) / (count + BM25.k1)
        }
    }

    /// Of the file that a row is a passage of; 0 for all else.
    func score(of row: Int) -> Float { scores.isEmpty ? 0 : scores[corpus.leader(of: row)] ?? 0 }
}

extension TermKey {
    /// The same term as one of a file's first.
    var amongFirst: TermKey { TermKey(hash: max(1, TermKey.fold(hash ^ 0x9e37_79b9_7f4a_7c15, 0xe703_7ed1_a0b4_28db))) }
}
