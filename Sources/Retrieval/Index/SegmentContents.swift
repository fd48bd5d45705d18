import Domain
import Foundation

/// What a segment is made of, row by row.
struct SegmentContents: Sendable {
    /// Words of a file, its name among them, that are its first (docs/PERFORMANCE.md).
    private static let firstWords = 22

    let shape: Segment.Shape
    var rows: [Segment.Row] = []
    /// As they came; empty where they were written to their place at once.
    var vectors: [[Float]] = []
    var beginnings: [Float] = []
    var beginningPlaces: [Int32] = []
    var codes: [UInt64] = []
    var codeEnds: [Int32] = []
    /// Of all rows, one after the other; of merged segments none, whose postings are merged.
    var terms: [TermKey] = []
    var termsPerRow: [Int32] = []
    /// Words of each row.
    var lengths: [Int32] = []

    init(shape: Segment.Shape) {
        self.shape = shape
    }

    mutating func reserve(_ count: Int) {
        rows.reserveCapacity(count)
        lengths.reserveCapacity(count)
        termsPerRow.reserveCapacity(count)
        codeEnds.reserveCapacity(count)
        beginningPlaces.reserveCapacity(count)
    }

    /// All but its vector.
    mutating func append(_ passage: Passage, _ reader: TextReader) {
        reader.begin()
        reader.read(passage)
        rows.append(Segment.Row(passage, reader))
        appendBeginning(shape.keepsVectors ? passage.embeddings[.beginning] : nil)
        appendCodes(passage.codes.words)
        // A text of nothing but compounds of stop words still has a length.
        lengths.append(Int32(max(reader.words.count, min(1, reader.compounds.count))))
        let count = terms.count
        terms += reader.words
        terms += reader.compounds
        // A name and the first sentence say what a file is about: these words count twice.
        if passage.source.kind == .file, passage.ordinal == 0 { terms += reader.words.prefix(Self.firstWords) }
        termsPerRow.append(Int32(terms.count - count))
    }

    /// - Returns: The new number of each row, -1 for the dead.
    mutating func append(_ segment: Segment, without dead: DeadRows) -> [Int32] {
        var numbers = [Int32](repeating: -1, count: segment.rows.count)
        for row in segment.rows.indices where !dead.contains(Int32(row)) {
            numbers[row] = Int32(rows.count)
            rows.append(segment.rows[row])
            if shape.keepsVectors { vectors.append(Array(segment.vectors.row(row))) }
            let place = Int(segment.beginningPlaces[row])
            appendBeginning(place < 0 ? nil : segment.beginnings?.row(place))
            appendCodes(segment.codes[segment.codeRange(of: row)])
            lengths.append(segment.lengths[row])
        }
        return numbers
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
    /// Puts rows in the order of time, as segments have them; they mostly come so.
    ///
    /// - Returns: The old number of each row; nil where nothing has changed.
    mutating func sort() -> [Int]? {
        func isBefore(_ one: Int, _ other: Int) -> Bool {
            (rows[one].createdAt, rows[one].chunk) < (rows[other].createdAt, rows[other].chunk)
        }
        guard rows.indices.dropFirst().contains(where: { isBefore($0, $0 - 1) }) else { return nil }
        let order = rows.indices.sorted(by: isBefore)
        var starts = [0]
        for count in termsPerRow { starts.append(starts[starts.count - 1] + Int(count)) }
        var sorted = SegmentContents(shape: shape)
        sorted.reserve(rows.count)
        for row in order {
            sorted.rows.append(rows[row])
            if !vectors.isEmpty { sorted.vectors.append(vectors[row]) }
            let place = Int(beginningPlaces[row]) * shape.dimension
            sorted.appendBeginning(place < 0 ? nil : beginnings[place..<(place + shape.dimension)])
            let codesStart = row == 0 ? 0 : Int(codeEnds[row - 1])
            sorted.appendCodes(codes[codesStart..<Int(codeEnds[row])])
            sorted.lengths.append(lengths[row])
            sorted.terms += terms[starts[row]..<starts[row + 1]]
            sorted.termsPerRow.append(termsPerRow[row])
        }
        self = sorted
        return order
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
