/// Some neighbouring rows of a block: many scopes are small, and lie side by side in one.
struct VectorRows: Sendable {
    let block: VectorBlock
    let range: Range<Int>

    init(of block: VectorBlock) {
        self.init(of: block, 0..<block.count)
    }

    init(of block: VectorBlock, _ range: Range<Int>) {
        self.block = block
        self.range = range
    }

    /// The numbers of a row.
    func row(_ row: Int) -> UnsafeBufferPointer<Float> { block.row(range.lowerBound + row) }

    /// Their share of the block.
    var byteCount: Int { block.count == 0 ? 0 : block.byteCount / block.count * range.count }
}

extension VectorQuery {
    /// The inner product with one row.
    func score(_ row: Int, of rows: VectorRows) -> Float { score(rows.range.lowerBound + row, of: rows.block) }
}
