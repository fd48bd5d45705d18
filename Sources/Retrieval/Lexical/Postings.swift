/// Which rows of a segment have a term, and how often: terms in the order of their keys, rows in theirs.
struct Postings: Sendable {
    private let keys: [UInt64]
    /// The first key, by the first bits: keys are hashes, so that few share them.
    private let firsts: [Int32]
    private let shift: Int
    /// Where each term's rows end.
    private let ends: [Int32]
    let rows: [Int32]
    let counts: [UInt16]

    /// - Parameters:
    ///   - terms: of each row, one after the other.
    ///   - counts: how many each row has.
    init(_ terms: [TermKey], perRow counts: [Int32]) {
        var builder = PostingsBuilder(terms.count)
        var next = 0
        for (row, length) in counts.enumerated() {
            for _ in 0..<length {
                builder.add(terms[next], row: Int32(row))
                next += 1
            }
        }
        let order = builder.keys.indices.sorted { builder.keys[$0] < builder.keys[$1] }
        var places = [Int32](repeating: 0, count: order.count)
        var ends: [Int32] = []
        ends.reserveCapacity(order.count)
        var end: Int32 = 0
        for term in order {
            places[term] = end
            end += builder.frequencies[term]
            ends.append(end)
        }
        var rows = [Int32](repeating: 0, count: Int(end))
        var counts = [UInt16](repeating: 0, count: Int(end))
        for entry in builder.entries {
            let term = Int(entry.term)
            rows[Int(places[term])] = entry.row
            counts[Int(places[term])] = entry.count
            places[term] += 1
        }
        self.init(keys: order.map { builder.keys[$0] }, ends: ends, rows: rows, counts: counts)
    }

    /// - Parameter parts: postings, and the new number of each of their rows: -1 for such as are left out, others in order
    ///   over all parts.
    init(merging parts: [(postings: Postings, numbers: [Int32])]) {
        var next = [Int](repeating: 0, count: parts.count)
        var (keys, ends, rows, counts): ([UInt64], [Int32], [Int32], [UInt16]) = ([], [], [], [])
        while true {
            let first = parts.indices.compactMap { part in
                next[part] < parts[part].postings.keys.count ? parts[part].postings.keys[next[part]] : nil
            }.min()
            guard let key = first else { break }
            let start = rows.count
            for part in parts.indices {
                let postings = parts[part].postings
                guard next[part] < postings.keys.count, postings.keys[next[part]] == key else { continue }
                for place in postings.places(ofTerm: next[part]) {
                    let row = parts[part].numbers[Int(postings.rows[place])]
                    guard row >= 0 else { continue }
                    rows.append(row)
                    counts.append(postings.counts[place])
                }
                next[part] += 1
            }
            guard rows.count > start else { continue }
            keys.append(key)
            ends.append(Int32(rows.count))
        }
        self.init(keys: keys, ends: ends, rows: rows, counts: counts)
    }

    private init(keys: [UInt64], ends: [Int32], rows: [Int32], counts: [UInt16]) {
        (firsts, shift) = Self.directory(of: keys)
        self.keys = keys
        self.ends = ends
        self.rows = rows
        self.counts = counts
    }

    private func places(ofTerm term: Int) -> Range<Int> { (term == 0 ? 0 : Int(ends[term - 1]))..<Int(ends[term]) }

    /// Places in `rows` and `counts`; empty when no row has the term.
    func range(of key: TermKey) -> Range<Int> {
        let bits = Int(truncatingIfNeeded: key.hash >> shift)
        for place in Int(firsts[bits])..<Int(firsts[bits + 1]) where keys[place] == key.hash {
            return places(ofTerm: place)
        }
        return 0..<0
    }

    /// - Returns: The first place of keys with the same first bits, and by how much a key is shifted to have these alone.
    private static func directory(of keys: [UInt64]) -> (firsts: [Int32], shift: Int) {
        let bits = max(1, keys.count.bitWidth - keys.count.leadingZeroBitCount - 3)
        let shift = UInt64.bitWidth - bits
        var firsts = [Int32](repeating: 0, count: 1 << bits + 1)
        for key in keys { firsts[Int(truncatingIfNeeded: key >> shift) + 1] += 1 }
        for place in firsts.indices.dropFirst() { firsts[place] += firsts[place - 1] }
        return (firsts, shift)
    }

    func withRows(
        in range: Range<Int>,
        _ body: (_ rows: UnsafeBufferPointer<Int32>, _ counts: UnsafeBufferPointer<UInt16>) -> Void
    ) {
        rows.withUnsafeBufferPointer { rows in
            counts.withUnsafeBufferPointer { counts in
                body(UnsafeBufferPointer(rebasing: rows[range]), UnsafeBufferPointer(rebasing: counts[range]))
            }
        }
    }

    func forEach(in range: Range<Int>, _ body: (_ row: Int, _ count: Float) -> Void) {
        rows.withUnsafeBufferPointer { rows in
            counts.withUnsafeBufferPointer { counts in
                for place in range { body(Int(rows[place]), Float(counts[place])) }
            }
        }
    }

    func has(_ key: TermKey, row: Int32) -> Bool {
        var range = range(of: key)
        while range.count > 1 {
            let middle = (range.lowerBound + range.upperBound) / 2
            range = rows[middle] <= row ? middle..<range.upperBound : range.lowerBound..<middle
        }
        return range.first.map { rows[$0] == row } ?? false
    }

    var byteCount: Int { 12 * keys.count + 4 * firsts.count + 6 * rows.count }
}

/// Numbers terms as they come, row by row.
private struct PostingsBuilder {
    struct Entry {
        let term: Int32
        let row: Int32
        var count: UInt16
    }

    /// By term, in the order in which they came.
    private(set) var keys: [UInt64] = []
    private(set) var frequencies: [Int32] = []
    private var lastEntries: [Int32] = []
    /// One for each term of each row.
    private(set) var entries: [Entry] = []
    /// Places of terms, by key; -1 is free.
    private var table: [Int32]

    /// - Parameter count: terms that come, each as often as it does.
    init(_ count: Int) {
        var size = 16
        while size < 2 * count { size *= 2 }
        table = [Int32](repeating: -1, count: size)
        entries.reserveCapacity(count)
    }

    mutating func add(_ key: TermKey, row: Int32) {
        let term = number(of: key.hash)
        let last = Int(lastEntries[term])
        if last >= 0, entries[last].row == row {
            if entries[last].count < .max { entries[last].count += 1 }
            return
        }
        lastEntries[term] = Int32(entries.count)
        frequencies[term] += 1
        entries.append(Entry(term: Int32(term), row: row, count: 1))
    }

    private mutating func number(of key: UInt64) -> Int {
        var place = Int(truncatingIfNeeded: key) & (table.count - 1)
        while table[place] >= 0 {
            let term = Int(table[place])
            if keys[term] == key { return term }
            place = (place + 1) & (table.count - 1)
        }
        table[place] = Int32(keys.count)
        keys.append(key)
        frequencies.append(0)
        lastEntries.append(-1)
        return keys.count - 1
    }
}
