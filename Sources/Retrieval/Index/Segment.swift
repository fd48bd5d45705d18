import Domain
import Foundation

/// A run of passages of one scope that never changes: rows, vectors in one block a facet, and postings.
final class Segment: Sendable {
    /// What ranking needs to know of a passage; its text stays in the database.
    struct Row: Sendable {
        let chunk: ChunkID
        let source: SourceReference
        let conversation: ConversationID?
        let author: UserID?
        let authorName: String?
        /// A conversation's, event's or file's name.
        let title: String?
        let createdAt: Date
        let startsAt: Date?
        let endsAt: Date?
        let ordinal: Int
        /// Mentions a day, month, clock time and the like.
        let tellsTime: Bool
        let isQuestion: Bool
        /// Of the folded text: near-duplicates share it.
        let fingerprint: UInt64
    }

    struct Shape: Sendable {
        let dimension: Int
        /// False where the database compares them.
        let keepsVectors: Bool
    }

    let shape: Shape
    let rows: [Row]
    /// A vector for each row, or none at all.
    let vectors: VectorRows
    /// Nil when no row has one.
    let beginnings: VectorBlock?
    /// The place in `beginnings` of each row; -1 for none.
    let beginningPlaces: [Int32]
    /// The row that each of `beginnings` is kept with.
    let beginningRows: [Int32]
    /// Piece codes of all rows, one after the other.
    let codes: [UInt64]
    /// Where each row's codes end.
    let codeEnds: [Int32]
    let postings: Postings
    /// Terms of each row.
    let lengths: [Int32]
    private let sources: SourceRows
    /// Terms of a whole source, at its leader; nil where every row has a source of its own.
    private let sourceLengths: [Int32]?
    let totals: LengthTotals
    /// The first row of each author's.
    let authors: [Row]

    convenience init(_ passages: [Passage], _ shape: Shape) {
        var contents = SegmentContents(shape: shape)
        contents.reserve(passages.count)
        TextReader.lend { reader in
            for passage in passages {
                contents.append(passage, reader)
                if shape.keepsVectors {
                    contents.vectors.append(
                        passage.embeddings[.passage] ?? [Float](repeating: 0, count: shape.dimension)
                    )
                }
            }
        }
        self.init(contents)
    }

    /// The live rows of several segments, in order.
    convenience init(merging parts: [(segment: Segment, dead: DeadRows)], _ shape: Shape) {
        var contents = SegmentContents(shape: shape)
        let postings = parts.map { ($0.segment.postings, contents.append($0.segment, without: $0.dead)) }
        self.init(contents, postings: Postings(merging: postings))
    }

    /// - Parameters:
    ///   - vectors: nil makes a block of them.
    ///   - postings: nil makes them of the terms.
    init(_ contents: SegmentContents, vectors shared: VectorRows? = nil, postings merged: Postings? = nil) {
        shape = contents.shape
        rows = contents.rows
        vectors = shared ?? VectorRows(of: VectorBlock(dimension: shape.dimension, rows: contents.vectors))
        beginnings = contents.beginnings.isEmpty ? nil : VectorBlock(dimension: shape.dimension, contents.beginnings)
        beginningPlaces = contents.beginningPlaces
        beginningRows = contents.beginningPlaces.indices.filter { contents.beginningPlaces[$0] >= 0 }.map(Int32.init)
        codes = contents.codes
        codeEnds = contents.codeEnds
        postings = merged ?? Postings(contents.terms, perRow: contents.termsPerRow)
        lengths = contents.lengths
        let sources = SourceRows(contents.rows)
        var sourceLengths = sources.areSingle ? nil : [Int32](repeating: 0, count: contents.rows.count)
        var authors = FirstRows()
        var totals = LengthTotals()
        for (row, entry) in contents.rows.enumerated() {
            let leader = sources.leader(of: row)
            sourceLengths?[leader] += contents.lengths[row]
            totals.add(entry, length: Int(contents.lengths[row]), isLeader: leader == row)
            authors.add(entry)
        }
        self.sources = sources
        self.sourceLengths = sourceLengths
        self.totals = totals
        self.authors = authors.rows
    }

    /// All rows of the file that begins so.
    func rows(beginning place: Int) -> [Int32] { rows(of: rows[Int(beginningRows[place])].source) }

    /// In order; empty when there are none.
    func rows(of source: SourceReference) -> [Int32] { sources.rows(of: source, in: rows) }

    /// The first row of a row's source: where what is known of a whole file is kept.
    func leader(of row: Int) -> Int { sources.leader(of: row) }

    /// Of the whole source, in terms.
    func sourceLength(ofLeader row: Int) -> Int { Int(sourceLengths?[row] ?? lengths[row]) }

    /// Every row has a source of its own, and none is a file's.
    var hasOnlyTurns: Bool { totals.passages == 0 && sources.areSingle }

    func codeRange(of row: Int) -> Range<Int> {
        (row == 0 ? 0 : Int(codeEnds[row - 1]))..<Int(codeEnds[row])
    }

    var byteCount: Int {
        vectors.byteCount + (beginnings?.byteCount ?? 0) + 8 * codes.count + rows.count * MemoryLayout<Row>.stride
            + postings.byteCount + sources.byteCount + 16 * rows.count
    }
}

/// The first row of each author's.
private struct FirstRows {
    private(set) var rows: [Segment.Row] = []
    private var seen: Set<UserID> = []
    private var last: UserID?

    mutating func add(_ row: Segment.Row) {
        // Whoever wrote last often goes on.
        guard let author = row.author, author != last else { return }
        last = author
        if seen.insert(author).inserted { rows.append(row) }
    }
}
