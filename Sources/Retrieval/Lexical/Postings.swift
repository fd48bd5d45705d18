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

    init(_ builder: PostingsBuilder) {
        let order = builder.keys.indices.sorted { builder.keys[$0] < builder.keys[$1] }
        let keys = order.map { builder.keys[$0] }
        (firsts, shift) = Self.directory(of: keys)
        self.keys = keys
        var next = [Int32](repeating: 0, count: order.count)
        var ends: [Int32] = []
        ends.reserveCapacity(order.count)
        var end: Int32 = 0
        for term in order {
            next[term] = end
            end += builder.frequencies[term]
            ends.append(end)
        }
        self.ends = ends
        var rows = [Int32](repeating: 0, count: Int(end))
        var counts = [UInt16](repeating: 0, count: Int(end))
        for entry in builder.terms.indices {
            let term = Int(builder.terms[entry])
            rows[Int(next[term])] = builder.rows[entry]
            counts[Int(next[term])] = builder.counts[entry]
            next[term] += 1
        }
        self.rows = rows
        self.counts = counts
    }

    /// Places in `rows` and `counts`; empty when no row has the term.
    func range(of key: TermKey) -> Range<Int> {
        let bits = Int(truncatingIfNeeded: key.hash >> shift)
        for place in Int(firsts[bits])..<Int(firsts[bits + 1]) where keys[place] == key.hash {
            return (place == 0 ? 0 : Int(ends[place - 1]))..<Int(ends[place])
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

    func forEachTerm(_ body: (TermKey, Range<Int>) -> Void) {
        var start = 0
        for (key, end) in zip(keys, ends) {
            body(TermKey(hash: key), start..<Int(end))
            start = Int(end)
        }
    }

    var byteCount: Int { 12 * keys.count + 4 * firsts.count + 6 * rows.count }
}

/// Collects terms row by row.
struct PostingsBuilder {
    /// By term, in the order in which they came.
    fileprivate private(set) var keys: [UInt64] = []
    fileprivate private(set) var frequencies: [Int32] = []
    private var lastEntries: [Int32] = []
    /// By entry: one for each term of each row.
    fileprivate private(set) var terms: [Int32] = []
    fileprivate private(set) var rows: [Int32] = []
    fileprivate private(set) var counts: [UInt16] = []
    /// Places of terms, by key; -1 is free.
    private var table = [Int32](repeating: -1, count: 256)

    /// Rows come in order; so do the rows of each term where terms come one by one.
    mutating func add(_ key: TermKey, row: Int32, count: UInt16 = 1) {
        let term = term(key.hash)
        let last = Int(lastEntries[term])
        if last >= 0, rows[last] == row {
            let (sum, isTooMuch) = counts[last].addingReportingOverflow(count)
            counts[last] = isTooMuch ? .max : sum
            return
        }
        lastEntries[term] = Int32(terms.count)
        frequencies[term] += 1
        terms.append(Int32(term))
        rows.append(row)
        counts.append(count)
    }

    /// The same for rows in another order.
    ///
    /// - Parameter order: the old number of each row.
    func reordered(_ order: [Int]) -> PostingsBuilder {
        var starts = [Int](repeating: terms.count, count: order.count + 1)
        for entry in terms.indices.reversed() { starts[Int(rows[entry])] = entry }
        for row in order.indices.reversed() where starts[row] > starts[row + 1] { starts[row] = starts[row + 1] }
        var ordered = PostingsBuilder()
        for (row, old) in order.enumerated() {
            for entry in starts[old]..<starts[old + 1] {
                ordered.add(TermKey(hash: keys[Int(terms[entry])]), row: Int32(row), count: counts[entry])
            }
        }
        return ordered
    }

    private mutating func term(_ key: UInt64) -> Int {
        var place = Int(truncatingIfNeeded: key) & (table.count - 1)
        while table[place] >= 0 {
            let term = Int(table[place])
            if keys[term] == key { return term }
            place = (place + 1) & (table.count - 1)
        }
        keys.append(key)
        frequencies.append(0)
        lastEntries.append(-1)
        table[place] = Int32(keys.count - 1)
        if keys.count * 2 > table.count { grow() }
        return keys.count - 1
    }

    private mutating func grow() {
        table = [Int32](repeating: -1, count: table.count * 4)
        for (term, key) in keys.enumerated() {
            var place = Int(truncatingIfNeeded: key) & (table.count - 1)
            while table[place] >= 0 { place = (place + 1) & (table.count - 1) }
            table[place] = Int32(term)
        }
    }
}
