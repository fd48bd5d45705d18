import CKernels

/// A question's vector, made ready for passes over every precision.
public struct VectorQuery: Sendable {
    public let dimension: Int
    let width: Int
    /// [width]
    let floats: [Float]
    let length: Float
    /// In eight bits: number · scale.
    let numbers: [Int8]
    let scale: Float
    private let sum: Int32
    private let coarseLength: Float
    private let residual: Float

    public init(_ vector: [Float]) {
        dimension = vector.count
        width = VectorBlock.width(of: vector.count)
        floats = vector + [Float](repeating: 0, count: width - vector.count)
        let largest = vector.reduce(0) { max($0, abs($1)) }
        let scale = largest / 127
        numbers = floats.map { largest > 0 ? Int8(max(-127, min(127, ($0 * (127 / largest)).rounded()))) : 0 }
        self.scale = scale
        sum = numbers.reduce(0) { $0 + Int32($1) }
        length = Self.length(floats.lazy.map(Double.init))
        coarseLength = Self.length(numbers.lazy.map { Double($0) * Double(scale) })
        residual = Self.length(zip(floats, numbers).lazy.map { Double($0) - Double(scale) * Double($1) })
    }

    /// Rounded up.
    private static func length(_ numbers: some Sequence<Double>) -> Float {
        Float(numbers.reduce(0) { $0 + $1 * $1 }.squareRoot() * (1 + 1e-6) + 1e-30)
    }

    /// For rows no longer than `longest`.
    ///
    /// A row x is its codes' x̂ and a residual, the query q likewise: q·x - q̂·x̂ = q̂·(x - x̂) + (q - q̂)·x, of which the
    /// first is at most |q̂| times the row's residual, the second at most |q - q̂| |x| (Cauchy and Schwarz). To this come
    /// the roundings of the score that rows are compared by, a sum of `width` products in float32 with at most
    /// width / 32 + 8 roundings one after the other (Higham 2002, section 3.1), and a few of this estimate.
    func withBytes<Result>(longest: Float, _ body: (labsync_byte_query) -> Result) -> Result {
        let rounding = Float(width / 32 + 16) * 0x1p-23
        return numbers.withUnsafeBufferPointer { numbers in
            body(
                labsync_byte_query(
                    numbers: numbers.baseAddress,
                    scale: scale,
                    sum: sum,
                    norm: coarseLength * (1 + 1e-6),
                    slack: (residual + rounding * 2 * (length + coarseLength)) * longest * (1 + 1e-6)
                )
            )
        }
    }

    /// Without bounds: what comes out is only an estimate.
    func withEstimatingBytes<Result>(_ body: (labsync_byte_query) -> Result) -> Result {
        numbers.withUnsafeBufferPointer { numbers in
            body(labsync_byte_query(numbers: numbers.baseAddress, scale: scale, sum: sum, norm: 0, slack: 0))
        }
    }
}

extension VectorQuery {
    /// The inner product with one row.
    func score(_ row: Int, of block: VectorBlock) -> Float {
        var which = Int32(row)
        var score: Float = 0
        labsync_score_floats(
            VectorSearch.Level.best.raw,
            block.floats.pointer(to: Float.self),
            width,
            floats,
            &which,
            1,
            &score
        )
        return score
    }
}
