import CKernels

/// A query along a sketch's axes: as sums over signs, and in eight bits a number for the pairs of bits.
struct SketchQuery {
    private let query: VectorQuery
    private let axes: PrincipalAxes
    private let tables: [UInt8]
    private let step: Float
    private let base: Float
    /// [4, a row's bytes]
    private let numbers: [Int8]
    private let scales: (Float, Float)
    private let middles: (Float, Float)

    init(_ query: VectorQuery, _ axes: PrincipalAxes) {
        self.query = query
        self.axes = axes
        let turned = axes.turn(query.floats)
        var tables = [UInt8](repeating: 0, count: 4 * axes.signWidth)
        var (step, base): (Float, Float) = (0, 0)
        labsync_make_sign_tables(turned, axes.signWidth, axes.signCount, &tables, &step, &base)
        (self.tables, self.step, self.base) = (tables, step, base)
        let stride = axes.pairStride
        var numbers = [Int8](repeating: 0, count: 4 * stride)
        let layout = axes.withLayout { $0.pointee }
        let second = turned[layout.second_start..<layout.second_start + layout.second]
        let parts = [
            Self.bytes(turned.prefix(layout.first), at: 0, stride, &numbers),
            Self.bytes(second, at: layout.first_bytes, stride, &numbers),
        ]
        self.numbers = numbers
        scales = (parts[0].scale, parts[1].scale)
        middles = (parts[0].middle, parts[1].middle)
    }

    private static func bytes(
        _ turned: ArraySlice<Float>,
        at start: Int,
        _ stride: Int,
        _ numbers: inout [Int8]
    ) -> (scale: Float, middle: Float) {
        let largest = turned.reduce(0) { max($0, abs($1)) }
        guard largest > 0 else { return (0, 0) }
        var sum = 0
        for (index, number) in turned.enumerated() {
            let byte = Int8(max(-127, min(127, (number * (127 / largest)).rounded())))
            numbers[index % 4 * stride + start + index / 4] = byte
            sum += Int(byte)
        }
        return (largest / 127, 1.5 * Float(sum))
    }

    func belongs(to sketch: Sketch) -> Bool { axes === sketch.axes }

    /// The inner product with the centre of a block's rows.
    func offset(of sketch: Sketch) -> Float {
        var row: Int32 = 0
        var score: Float = 0
        labsync_score_floats(VectorSearch.Level.best.raw, sketch.centre, query.width, query.floats, &row, 1, &score)
        return score
    }

    func withSigns(_ offset: Float, _ body: (UnsafePointer<labsync_sign_query>) -> Void) {
        tables.withUnsafeBufferPointer { tables in
            var signs = labsync_sign_query(tables: tables.baseAddress, step: step, base: base, offset: offset)
            withUnsafePointer(to: &signs, body)
        }
    }

    func withPairs(_ offset: Float, _ body: (UnsafePointer<labsync_pair_query>) -> Void) {
        numbers.withUnsafeBufferPointer { numbers in
            var pairs = labsync_pair_query(
                numbers: numbers.baseAddress,
                scales: scales,
                middles: middles,
                offset: offset
            )
            withUnsafePointer(to: &pairs, body)
        }
    }
}

/// A query along the axes of every sketch that it meets; most have the same.
final class SketchQueries {
    private let query: VectorQuery
    private var known: [SketchQuery] = []

    init(_ query: VectorQuery) {
        self.query = query
    }

    func of(_ sketch: Sketch) -> SketchQuery {
        if let last = known.last(where: { $0.belongs(to: sketch) }) { return last }
        let new = SketchQuery(query, sketch.axes)
        known.append(new)
        return new
    }
}
