import Domain
import Foundation

/// What a segment is made of, row by row.
struct SegmentContents: Sendable {
    let shape: Segment.Shape
    var rows: [Segment.Row] = []
    /// As they came: they are copied once, to where they stay.
    var vectors: [[Float]] = []
    var beginnings: [Float] = []
    var beginningPlaces: [Int32] = []
    var codes: [UInt64] = []
    var codeEnds: [Int32] = []
    var postings = PostingsBuilder()
    var lengths: [Int32] = []

    init(shape: Segment.Shape) {
        self.shape = shape
    }

    mutating func reserve(_ count: Int) {
        rows.reserveCapacity(count)
        if shape.keepsVectors { vectors.reserveCapacity(count) }
        lengths.reserveCapacity(count)
        codeEnds.reserveCapacity(count)
        beginningPlaces.reserveCapacity(count)
    }

    mutating func append(_ passage: Passage, _ reader: TextReader) {
        let row = Int32(rows.count)
        reader.begin()
        reader.read(passage)
        rows.append(Segment.Row(passage, reader))
        if shape.keepsVectors {
            vectors.append(passage.embeddings[.passage] ?? [Float](repeating: 0, count: shape.dimension))
        }
        appendBeginning(shape.keepsVectors ? passage.embeddings[.beginning] : nil)
        appendCodes(passage.codes.words)
        lengths.append(Int32(reader.terms.count))
        for term in reader.terms { postings.add(term, row: row) }
    }

    mutating func append(_ segment: Segment, without dead: DeadRows) {
        var places = [Int32](repeating: -1, count: segment.rows.count)
        for row in segment.rows.indices where !dead.contains(Int32(row)) {
            places[row] = Int32(rows.count)
            rows.append(segment.rows[row])
            if shape.keepsVectors { vectors.append(Array(segment.vectors.row(row))) }
            let place = Int(segment.beginningPlaces[row])
            appendBeginning(place < 0 ? nil : segment.beginnings?.row(place))
            appendCodes(segment.codes[segment.codeRange(of: row)])
            lengths.append(segment.lengths[row])
        }
        segment.postings.forEachTerm { term, range in
            for place in range {
                let row = places[Int(segment.postings.rows[place])]
                if row >= 0 { postings.add(term, row: row, count: segment.postings.counts[place]) }
            }
        }
    }

    fileprivate mutating func appendBeginning(_ vector: (some Collection<Float>)?) {
        beginningPlaces.append(vector == nil ? -1 : Int32(beginnings.count / shape.dimension))
        if let vector { beginnings += vector }
    }

    fileprivate mutating func appendCodes(_ words: some Collection<UInt64>) {
        codes += words
        codeEnds.append(Int32(codes.count))
    }
}

extension SegmentContents {
    /// Rows in the order of time, as segments have them; they mostly come so.
    func sorted() -> SegmentContents {
        func isBefore(_ one: Int, _ other: Int) -> Bool {
            (rows[one].createdAt, rows[one].chunk) < (rows[other].createdAt, rows[other].chunk)
        }
        guard rows.indices.dropFirst().contains(where: { isBefore($0, $0 - 1) }) else { return self }
        let order = rows.indices.sorted(by: isBefore)
        var sorted = SegmentContents(shape: shape)
        sorted.reserve(rows.count)
        for row in order {
            sorted.rows.append(rows[row])
            if shape.keepsVectors { sorted.vectors.append(vectors[row]) }
            let place = Int(beginningPlaces[row]) * shape.dimension
            sorted.appendBeginning(place < 0 ? nil : beginnings[place..<(place + shape.dimension)])
            let codesStart = row == 0 ? 0 : Int(codeEnds[row - 1])
            sorted.appendCodes(codes[codesStart..<Int(codeEnds[row])])
            sorted.lengths.append(lengths[row])
        }
        sorted.postings = postings.reordered(order)
        return sorted
    }
}

extension Segment.Row {
    fileprivate init(_ passage: Passage, _ reader: TextReader) {
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
        tellsTime = reader.tellsTime
        isQuestion = passage.text.endsWithQuestionMark
        fingerprint = reader.fingerprint
    }
}

extension String {
    fileprivate var endsWithQuestionMark: Bool {
        for byte in utf8.reversed() where byte > 0x20 { return byte == UInt8(ascii: "?") }
        return false
    }
}

extension TextReader {
    /// People are asked for by name, and files by what they are called.
    fileprivate func read(_ passage: Passage) {
        switch passage.source.kind {
        case .message, .status, .comment, .schedule:
            if let name = passage.authorName { readName(name) }
        case .file:
            if passage.ordinal == 0, let title = passage.title { readName(title) }
        }
        readText(passage.text)
    }
}
