import CBLAS
import CKernels

/// The directions in which vectors differ most from each other, learnt from some of them. Embeddings lie close to far fewer
/// than all of their dimensions, so that the first few of these tell them apart nearly as well.
///
/// Axes come in two parts, the main ones and some further ones; within a part they are turned at random, which makes all
/// numbers of it equally large and a bit of each worth the same.
final class PrincipalAxes: Sendable {
    /// Numbers of the main part, of which signs are kept, and how many there is room for.
    let signCount: Int
    let signWidth: Int
    /// Numbers that `turn` makes of a row: the main part's, then those of the further one, with room between and behind.
    let outputs: Int
    private let layout: labsync_pair_layout
    private let width: Int
    /// [outputs, width]
    private let matrix: AlignedMemory
    private let layer: LinearLayer
    /// Rows that they were learnt from.
    private let sampled: Int
    /// The share of these rows' spread that lies along the axes.
    private let share: Float

    /// Rows to learn from at most.
    private static let largestSample = 8192
    /// Rows to try known axes on.
    private static let trial = 512
    /// More are not looked for.
    private static let mostAxes = 512
    /// What share of the spread the main part has at least, and both together.
    private static let (mainShare, wholeShare): (Float, Float) = (0.65, 0.85)
    /// So many bring the axes' share to within a few thousandths of the most that there is.
    private static let rounds = 8

    /// Known axes where they tell a block's rows apart nearly as well as the rows they were learnt from, or else its own.
    static func suiting(_ block: VectorBlock, _ centre: [Float], known: PrincipalAxes?) -> PrincipalAxes {
        if let known, known.width == block.width, 2 * known.sampled >= min(block.count, largestSample),
            known.share(of: block, centre) >= 0.95 * known.share
        {
            return known
        }
        return PrincipalAxes(of: block, centre)
    }

    private init(of block: VectorBlock, _ centre: [Float]) {
        let width = block.width
        let sample = Self.differences(block, centre, Self.largestSample)
        let (axes, spreads, whole) = Self.learn(sample, block.dimension, width)
        let parts = Self.parts(spreads, whole)
        let signWidth = (parts.first + 63) / 64 * 64
        let outputs = signWidth + (parts.second + 31) / 32 * 32
        let matrix = AlignedMemory(byteCount: outputs * width * 4)
        let rows = matrix.pointer(to: Float.self)
        rows.update(repeating: 0, count: outputs * width)
        Self.mix(axes, 0, parts.first, width, into: rows)
        Self.mix(axes, parts.first, parts.second, width, into: rows + signWidth * width)
        self.width = width
        self.signWidth = signWidth
        self.outputs = outputs
        self.matrix = matrix
        signCount = parts.first
        layout = labsync_pair_layout(
            first: parts.first,
            second: parts.second,
            second_start: signWidth,
            first_bytes: signWidth / 4,
            second_bytes: (parts.second + 15) / 16 * 4
        )
        layer = LinearLayer(rows, outputs: outputs, inputs: width, .whole, keeping: matrix)
        sampled = sample.count / width
        share = whole > 0 ? spreads.prefix(parts.first + parts.second).reduce(0, +) / whole : 1
    }

    // MARK: Turning

    /// - Parameters:
    ///   - rows: [count, width]
    ///   - turned: room for [count, outputs].
    func turn(_ rows: UnsafePointer<Float>, _ count: Int, into turned: inout [Float]) {
        layer.multiply(rows, count, into: &turned)
    }

    /// - Parameter row: [width]; gives [outputs].
    func turn(_ row: [Float]) -> [Float] {
        var turned = [Float](repeating: 0, count: outputs)
        let all = (0..<Int32(outputs)).map { $0 }
        labsync_score_floats(
            VectorSearch.Level.best.raw,
            matrix.pointer(to: Float.self),
            width,
            row,
            all,
            outputs,
            &turned
        )
        return turned
    }

    var pairStride: Int { withLayout { labsync_pair_stride($0) } }

    func withLayout<Result>(_ body: (UnsafePointer<labsync_pair_layout>) -> Result) -> Result {
        withUnsafePointer(to: layout, body)
    }

    /// The share of a block's spread about its centre that lies along the axes, by some of its rows.
    private func share(of block: VectorBlock, _ centre: [Float]) -> Float {
        let rows = Self.differences(block, centre, Self.trial)
        var turned = [Float](repeating: 0, count: rows.count / width * outputs)
        rows.withUnsafeBufferPointer { numbers in
            guard let start = numbers.baseAddress else { return }
            turn(start, rows.count / width, into: &turned)
        }
        func squares(_ numbers: [Float]) -> Float { numbers.reduce(0) { $0 + $1 * $1 } }
        let whole = squares(rows)
        return whole > 0 ? squares(turned) / whole : 1
    }

    // MARK: Learning

    /// Rows spread evenly over the block, less its centre: [at most `count`, width].
    private static func differences(_ block: VectorBlock, _ centre: [Float], _ count: Int) -> [Float] {
        let step = max(1, (block.count + count - 1) / count)
        var numbers: [Float] = []
        numbers.reserveCapacity(min(count, block.count) * block.width)
        for row in stride(from: 0, to: block.count, by: step) {
            numbers.append(contentsOf: zip(block.row(row), centre).lazy.map { $0 - $1 })
            numbers.append(contentsOf: repeatElement(0, count: block.width - block.dimension))
        }
        return numbers
    }

    /// Orthogonal iteration: axes that are multiplied with the covariance again and again, each kept upright on those before
    /// it, turn into the covariance's eigenvectors, the largest first (Golub and Van Loan 2013, section 8.2.4).
    ///
    /// - Parameter sample: [rows, width]
    /// - Returns: axes [count, width], the spread (variance) along each, and that along all directions together.
    private static func learn(
        _ sample: [Float],
        _ dimension: Int,
        _ width: Int
    ) -> (axes: [Float], spreads: [Float], whole: Float) {
        var covariance = [Float](repeating: 0, count: width * width)
        let rows = sample.count / width
        multiply(CblasTrans, sample, sample, width, width, rows, by: 1 / Float(rows), into: &covariance)
        let whole = (0..<width).reduce(Float(0)) { $0 + covariance[$1 * width + $1] }
        let count = min(dimension, mostAxes)
        var random = SplitMix64(state: UInt64(dimension))
        var axes = [Float](repeating: 0, count: count * width)
        for axis in 0..<count {
            for number in 0..<dimension { axes[axis * width + number] = Float.random(in: -1...1, using: &random) }
        }
        labsync_orthonormalise(&axes, count, width)
        var images = axes
        for _ in 0..<rounds {
            multiply(CblasNoTrans, axes, covariance, count, width, width, by: 1, into: &images)
            swap(&axes, &images)
            labsync_orthonormalise(&axes, count, width)
        }
        multiply(CblasNoTrans, axes, covariance, count, width, width, by: 1, into: &images)
        let spreads = (0..<count).map { axis in
            (axis * width..<(axis + 1) * width).reduce(Float(0)) { $0 + axes[$1] * images[$1] }
        }
        return (axes, spreads, whole)
    }

    /// product [rows, columns] = factor · left [rows, inner], or its transpose, · right [inner, columns]
    private static func multiply(
        _ turning: CBLAS_TRANSPOSE,
        _ left: [Float],
        _ right: [Float],
        _ rows: Int,
        _ columns: Int,
        _ inner: Int,
        by factor: Float,
        into product: inout [Float]
    ) {
        cblas_sgemm(
            CblasRowMajor,
            turning,
            CblasNoTrans,
            Int32(rows),
            Int32(columns),
            Int32(inner),
            factor,
            left,
            Int32(turning == CblasTrans ? rows : inner),
            right,
            Int32(columns),
            0,
            &product,
            Int32(columns)
        )
    }

    /// How many axes the main part has and how many the further one: the fewest, by 64 and by cache lines, that have their
    /// share of the spread.
    private static func parts(_ spreads: [Float], _ whole: Float) -> (first: Int, second: Int) {
        func reaches(_ count: Int, _ share: Float) -> Bool {
            count >= spreads.count || spreads.prefix(count).reduce(0, +) >= share * whole
        }
        var first = min(64, spreads.count)
        while !reaches(first, mainShare) { first = min(first + 64, spreads.count) }
        // Four numbers a byte, and a factor for each part.
        func room(_ lines: Int) -> Int { 4 * (64 * lines - 8) - (first + 63) / 64 * 64 }
        var lines = 1
        while room(lines) < 0 || !reaches(first + room(lines), wholeShare) { lines += 1 }
        return (first, min(room(lines), spreads.count - first))
    }

    /// Turns some axes among themselves.
    ///
    /// - Parameter mixed: room for [count, width].
    private static func mix(
        _ axes: [Float],
        _ first: Int,
        _ count: Int,
        _ width: Int,
        into mixed: UnsafeMutablePointer<Float>
    ) {
        guard count > 0 else { return }
        let rotation = Rotation.of(count)
        for number in 0..<width {
            let turned = rotation.apply(to: (0..<count).map { axes[(first + $0) * width + number] })
            for axis in 0..<count { mixed[axis * width + number] = turned[axis] }
        }
    }
}
