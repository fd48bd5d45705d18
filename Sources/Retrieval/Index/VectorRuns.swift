import CKernels

/// Rows to compare, numbered through: runs of blocks, some of their rows left out.
public struct VectorRuns {
    public struct Run {
        let block: VectorBlock
        /// Rows of the block.
        var rows: Range<Int>
        /// What is added to a row's place in the block to make its number here.
        let base: Int
        /// Nil admits all; bit 0 is the run's first row.
        let admitted: RowBits?

        var numbers: Range<Int> { (base + rows.lowerBound)..<(base + rows.upperBound) }
    }

    public private(set) var runs: [Run] = []
    /// Rows that are admitted.
    public private(set) var count = 0
    /// Each block once for the neighbouring runs that are of it.
    private(set) var blocks: [VectorBlock] = []
    // By run, apart from `runs` so that looking a row up counts no references.
    private var starts: [Int] = []
    private var bases: [Int] = []
    private var blockPlaces: [Int] = []

    public init() {}

    /// Runs are so short that each is over before what lies ahead of it in memory is of use.
    var areShort: Bool { count < 1024 * runs.count }

    /// Neighbouring runs of one block, as groups of 16 rows.
    func forEachBlock(
        _ body: (VectorBlock, UnsafeBufferPointer<labsync_group>, ArraySlice<Run>) -> Void
    ) {
        var groups: [labsync_group] = []
        var start = 0
        while start < runs.count {
            let block = runs[start].block
            var end = start
            var room = 0
            while end < runs.count, runs[end].block === block {
                room += runs[end].rows.count / 16 + 2
                end += 1
            }
            if groups.count < room { groups = [labsync_group](repeating: labsync_group(), count: room) }
            groups.withUnsafeMutableBufferPointer { groups in
                guard let first = groups.baseAddress else { return }
                var count = 0
                for run in runs[start..<end] { count += run.withRun { labsync_group_run($0, first + count) } }
                body(block, UnsafeBufferPointer(start: first, count: count), runs[start..<end])
            }
            start = end
        }
    }

    /// About `count` groups of 16 rows, spread evenly over all rows.
    func someGroups(_ count: Int) -> [(block: VectorBlock, groups: [labsync_group])] {
        let all = runs.reduce(0) { $0 + $1.rows.count }
        let step = max(16, all / max(1, count))
        var chosen: [(block: VectorBlock, groups: [labsync_group])] = []
        // Of the run's rows, the next that is chosen.
        var next = 0
        for run in runs {
            while next < run.rows.count {
                let first = (run.rows.lowerBound + next) & ~15
                next += step
                guard let group = run.group(at: first) else { continue }
                if chosen.last?.block === run.block {
                    chosen[chosen.count - 1].groups.append(group)
                } else {
                    chosen.append((run.block, [group]))
                }
            }
            next -= run.rows.count
        }
        return chosen
    }

    /// Adds rows with higher numbers than those before.
    public mutating func append(
        _ block: VectorBlock,
        _ rows: Range<Int>,
        numberedFrom first: Int,
        admitted: RowBits? = nil
    ) {
        guard !rows.isEmpty else { return }
        count += admitted?.count ?? rows.count
        let base = first - rows.lowerBound
        // Neighbours in a block, as scopes that were loaded together are, make one run.
        if admitted == nil, let last = runs.last, last.admitted == nil, last.base == base, last.block === block,
            last.rows.upperBound == rows.lowerBound
        {
            runs[runs.count - 1].rows = last.rows.lowerBound..<rows.upperBound
        } else {
            runs.append(Run(block: block, rows: rows, base: base, admitted: admitted))
            if blocks.last !== block { blocks.append(block) }
            starts.append(first)
            bases.append(base)
            blockPlaces.append(blocks.count - 1)
        }
    }

    /// Where a row is: the place of its block in `blocks`, and its row there.
    ///
    /// - Parameter hint: the run of an earlier row; becomes this one's.
    func place(of row: Int, from hint: inout Int) -> (block: Int, row: Int) {
        if hint + 1 < starts.count, starts[hint + 1] <= row {
            // It is seldom far ahead.
            var step = 1
            while hint + 2 * step < starts.count, starts[hint + 2 * step] <= row { step *= 2 }
            var (low, high) = (hint + step, min(hint + 2 * step, starts.count) - 1)
            while low < high {
                let middle = (low + high + 1) / 2
                if starts[middle] <= row { low = middle } else { high = middle - 1 }
            }
            hint = low
        }
        return (blockPlaces[hint], row - bases[hint])
    }
}

extension VectorRuns.Run {
    /// Lends the whole of it to a kernel.
    func withRun<Result>(_ body: (labsync_run) -> Result) -> Result {
        func lend(_ words: UnsafePointer<UInt64>?) -> Result {
            body(
                labsync_run(
                    start: rows.lowerBound,
                    end: rows.upperBound,
                    admitted: words,
                    origin: rows.lowerBound,
                    base: Int32(base)
                )
            )
        }
        guard let admitted else { return lend(nil) }
        return admitted.words.withUnsafeBufferPointer { lend($0.baseAddress) }
    }

    /// What it has of the 16 rows from `first` on.
    fileprivate func group(at first: Int) -> labsync_group? {
        withRun { whole in
            var part = whole
            part.start = max(part.start, first)
            part.end = min(part.end, first + 16)
            var group = labsync_group()
            return labsync_group_run(part, &group) > 0 ? group : nil
        }
    }

    /// Calls a pass from its beginning until it has come to the end, making room whenever it stops for want of it.
    func scan(_ pass: (labsync_run) -> Int, makeRoom: () -> Void) {
        withRun { whole in
            var rest = whole
            while true {
                rest.start = pass(rest)
                if rest.start >= rest.end { return }
                makeRoom()
            }
        }
    }
}
