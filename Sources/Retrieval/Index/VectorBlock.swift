import CKernels
import Synchronization

/// Rows of vectors that never change, in every precision that a search may need.
///
/// Beside float32: eight bits a number for looking again, four for a first look that a bound certifies, and, made later
/// since it takes a while, a sketch for a quick look. Few rows have only float32.
public final class VectorBlock: Sendable {
    /// Fewer are compared by float32 as quickly.
    private static let fewestCoarse = 64
    /// Fewer are not worth a centre of their own.
    static let fewestSketched = 1024

    public let dimension: Int
    /// Numbers from one row to the next: the dimension, rounded up to what registers hold.
    let width: Int
    public let count: Int
    /// The length of the longest row.
    let longest: Float
    let floats: AlignedMemory
    let coarse: Coarse?
    private let made = AtomicLazyReference<Sketch>()

    struct Coarse: Sendable {
        let nibbles: AlignedMemory
        let bytes: AlignedMemory
        let scales: AlignedMemory
        let residuals: AlignedMemory
    }

    /// - Parameter fill: writes `count` rows of `dimension` numbers, each `width` after the one before. The numbers
    ///   between are zero already.
    public convenience init(
        dimension: Int,
        count: Int,
        fill: (_ rows: UnsafeMutablePointer<Float>, _ width: Int) -> Void
    ) {
        let width = Self.width(of: dimension)
        let floats = AlignedMemory(byteCount: count * width * 4)
        let rows = floats.pointer(to: Float.self)
        if width != dimension { rows.update(repeating: 0, count: count * width) }
        fill(rows, width)
        self.init(dimension: dimension, count: count, filled: floats)
    }

    /// - Parameter floats: `count` rows of `width` numbers, of which those beyond `dimension` are zero.
    init(dimension: Int, count: Int, filled floats: AlignedMemory) {
        precondition(dimension > 0 && dimension <= 8192)
        self.dimension = dimension
        self.count = count
        self.floats = floats
        width = Self.width(of: dimension)
        let rows = floats.pointer(to: Float.self)
        longest = labsync_longest_row(rows, width, count)
        coarse = count < Self.fewestCoarse ? nil : Self.pack(rows, width, dimension, count)
    }

    /// - Parameter numbers: [rows, dimension].
    public convenience init(dimension: Int, _ numbers: [Float]) {
        self.init(dimension: dimension, count: numbers.count / dimension) { rows, width in
            numbers.withUnsafeBufferPointer { numbers in
                guard let start = numbers.baseAddress else { return }
                for row in 0..<numbers.count / dimension {
                    (rows + row * width).update(from: start + row * dimension, count: dimension)
                }
            }
        }
    }

    /// - Parameter vectors: each of `dimension` numbers.
    convenience init(dimension: Int, rows vectors: some Collection<[Float]>) {
        self.init(dimension: dimension, count: vectors.count) { rows, width in
            for (row, vector) in vectors.enumerated() {
                vector.withUnsafeBufferPointer { numbers in
                    guard let start = numbers.baseAddress else { return }
                    precondition(numbers.count == dimension)
                    (rows + row * width).update(from: start, count: dimension)
                }
            }
        }
    }

    static func width(of dimension: Int) -> Int { (dimension + 63) / 64 * 64 }

    private static func pack(_ rows: UnsafePointer<Float>, _ width: Int, _ dimension: Int, _ count: Int) -> Coarse {
        let groups = (count + 15) / 16
        let coarse = Coarse(
            nibbles: AlignedMemory(byteCount: groups * labsync_nibble_stride(width)),
            bytes: AlignedMemory(byteCount: count * width),
            scales: AlignedMemory(byteCount: count * 4),
            residuals: AlignedMemory(byteCount: count * 4)
        )
        labsync_pack_nibbles(rows, width, dimension, count, coarse.nibbles.pointer(to: UInt8.self))
        labsync_pack_bytes(
            rows,
            width,
            dimension,
            count,
            coarse.bytes.pointer(to: UInt8.self),
            coarse.scales.pointer(to: Float.self),
            coarse.residuals.pointer(to: Float.self)
        )
        return coarse
    }

    /// Nil until it is made.
    var sketch: Sketch? { made.load() }

    /// Makes what the quick look needs; may take a second.
    ///
    /// - Parameter axes: those that the last sketch was made with, and then those of this one.
    func prepareSketch(_ axes: inout PrincipalAxes?) {
        guard count >= Self.fewestSketched, made.load() == nil else { return }
        axes = made.storeIfNil(Sketch(self, known: axes)).axes
    }

    /// Makes sketches for several blocks.
    public static func prepareSketches(_ blocks: [VectorBlock]) {
        var axes: PrincipalAxes?
        for block in blocks { block.prepareSketch(&axes) }
    }

    /// The numbers of a row.
    func row(_ row: Int) -> UnsafeBufferPointer<Float> {
        UnsafeBufferPointer(start: floats.pointer(to: Float.self) + row * width, count: dimension)
    }

    /// All numbers as float32, as they lie in memory.
    public func withNumbers(_ body: (UnsafeRawBufferPointer) -> Void) {
        body(UnsafeRawBufferPointer(start: floats.start, count: floats.byteCount))
    }

    public var byteCount: Int {
        floats.byteCount + (sketch?.byteCount ?? 0)
            + (coarse.map { $0.nibbles.byteCount + $0.bytes.byteCount + $0.scales.byteCount * 2 } ?? 0)
    }
}
