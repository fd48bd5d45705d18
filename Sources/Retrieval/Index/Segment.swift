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
        let fingerprint: Int
    }

    struct Posting: Sendable {
        let row: Int32
        let count: Int32
    }

    struct Shape: Sendable {
        let dimension: Int
        /// False where the database compares them.
        let keepsVectors: Bool
    }

    let shape: Shape
    let rows: [Row]
    /// A vector for each row, or none at all.
    let vectors: VectorBlock
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
    let postings: [String: [Posting]]
    /// Terms of each row.
    let lengths: [Int32]
    let rowsOfSource: [SourceReference: [Int32]]
    /// The first row of each row's source: where what is known of a whole file is kept.
    let leaders: [Int32]
    /// Terms of a whole source, at its leader.
    let sourceLengths: [Int32]
    let totals: LengthTotals
    /// The first row of each author's.
    let authors: [Row]

    convenience init(_ passages: [Passage], _ shape: Shape) {
        var contents = Contents(shape: shape)
        for passage in passages { contents.append(passage) }
        self.init(contents)
    }

    /// The live rows of several segments, in order.
    convenience init(merging parts: [(segment: Segment, dead: DeadRows)], _ shape: Shape) {
        var contents = Contents(shape: shape)
        for part in parts { contents.append(part.segment, without: part.dead) }
        self.init(contents)
    }

    private init(_ contents: Contents) {
        shape = contents.shape
        rows = contents.rows
        vectors = VectorBlock(dimension: shape.dimension, contents.vectors)
        beginnings = contents.beginnings.isEmpty ? nil : VectorBlock(dimension: shape.dimension, contents.beginnings)
        beginningPlaces = contents.beginningPlaces
        beginningRows = contents.beginningPlaces.indices.filter { contents.beginningPlaces[$0] >= 0 }.map(Int32.init)
        codes = contents.codes
        codeEnds = contents.codeEnds
        postings = contents.postings
        lengths = contents.lengths
        let rows = contents.rows
        rowsOfSource = Dictionary(grouping: rows.indices.map(Int32.init)) { rows[Int($0)].source }
        var leaders = [Int32](repeating: 0, count: rows.count)
        var sourceLengths = leaders
        for members in rowsOfSource.values {
            for member in members {
                leaders[Int(member)] = members[0]
                sourceLengths[Int(members[0])] += contents.lengths[Int(member)]
            }
        }
        var seen: Set<UserID> = []
        authors = rows.filter { row in row.author.map { seen.insert($0).inserted } ?? false }
        var totals = LengthTotals()
        for row in rows.indices {
            totals.add(rows[row], length: Int(contents.lengths[row]), isLeader: leaders[row] == row)
        }
        self.totals = totals
        self.leaders = leaders
        self.sourceLengths = sourceLengths
    }

    /// All rows of the file that begins so.
    func rows(beginning place: Int) -> [Int32] {
        rowsOfSource[rows[Int(beginningRows[place])].source] ?? []
    }

    func codeRange(of row: Int) -> Range<Int> {
        (row == 0 ? 0 : Int(codeEnds[row - 1]))..<Int(codeEnds[row])
    }

    var byteCount: Int {
        vectors.byteCount + (beginnings?.byteCount ?? 0) + 8 * codes.count + rows.count * MemoryLayout<Row>.stride
            + postings.values.reduce(0) { $0 + 64 + $1.count * MemoryLayout<Posting>.stride }
    }

    private struct Contents {
        let shape: Shape
        var rows: [Row] = []
        var vectors: [Float] = []
        var beginnings: [Float] = []
        var beginningPlaces: [Int32] = []
        var codes: [UInt64] = []
        var codeEnds: [Int32] = []
        var postings: [String: [Posting]] = [:]
        var lengths: [Int32] = []

        init(shape: Shape) {
            self.shape = shape
        }

        mutating func append(_ passage: Passage) {
            let row = Int32(rows.count)
            rows.append(Row(passage))
            if shape.keepsVectors {
                vectors += passage.embeddings[.passage] ?? [Float](repeating: 0, count: shape.dimension)
            }
            appendBeginning(shape.keepsVectors ? passage.embeddings[.beginning] : nil)
            appendCodes(passage.codes.words)
            let terms = Terms.terms(of: passage.searchableText)
            lengths.append(Int32(terms.count))
            var counts: [String: Int32] = [:]
            for term in terms { counts[term, default: 0] += 1 }
            for (term, count) in counts { postings[term, default: []].append(Posting(row: row, count: count)) }
        }

        mutating func append(_ segment: Segment, without dead: DeadRows) {
            var places = [Int32](repeating: -1, count: segment.rows.count)
            for row in segment.rows.indices where !dead.contains(Int32(row)) {
                places[row] = Int32(rows.count)
                rows.append(segment.rows[row])
                if shape.keepsVectors { vectors += segment.vectors.row(row) }
                let place = Int(segment.beginningPlaces[row])
                appendBeginning(place < 0 ? nil : segment.beginnings?.row(place))
                appendCodes(segment.codes[segment.codeRange(of: row)])
                lengths.append(segment.lengths[row])
            }
            for (term, list) in segment.postings {
                let moved = list.compactMap { posting in
                    places[Int(posting.row)] < 0 ? nil : Posting(row: places[Int(posting.row)], count: posting.count)
                }
                if !moved.isEmpty { postings[term, default: []] += moved }
            }
        }

        private mutating func appendBeginning(_ vector: (some Collection<Float>)?) {
            beginningPlaces.append(vector == nil ? -1 : Int32(beginnings.count / shape.dimension))
            if let vector { beginnings += vector }
        }

        private mutating func appendCodes(_ words: some Collection<UInt64>) {
            codes += words
            codeEnds.append(Int32(codes.count))
        }
    }
}

extension Segment.Row {
    fileprivate init(_ passage: Passage) {
        chunk = passage.chunk
        source = passage.source
        conversation = passage.conversation
        author = passage.author
        authorName = passage.authorName
        title = passage.title
        createdAt = passage.createdAt
        startsAt = passage.startsAt
        endsAt = passage.endsAt
        ordinal = passage.ordinal
        tellsTime = TimeWords.occur(in: passage.text)
        isQuestion = passage.text.last { !$0.isWhitespace } == "?"
        fingerprint = Terms.folded(passage.text).split { !$0.isLetter && !$0.isNumber }.hashValue
    }
}

extension Passage {
    /// People are asked for by name, and files by what they are called.
    fileprivate var searchableText: String {
        switch source.kind {
        case .message, .status, .comment: [authorName, text].compactMap { $0 }.joined(separator: ": ")
        case .schedule: [authorName, text].compactMap { $0 }.joined(separator: ": ")
        case .file: ordinal == 0 ? [title, text].compactMap { $0 }.joined(separator: "\n") : text
        }
    }
}
