import CKernels
import Synchronization

/// A rotation drawn at random, the same one for every block of a dimension: signs that `labsync_turn` flips between
/// Hadamard transforms, a microsecond a row where a matrix takes a hundred.
final class Rotation: Sendable {
    private let dimension: Int
    private let width: Int
    private let flips: [UInt32]

    private static let known = Mutex<[Int: Rotation]>([:])

    static func of(_ dimension: Int) -> Rotation {
        known.withLock { known in
            if let rotation = known[dimension] { return rotation }
            let rotation = Rotation(dimension)
            known[dimension] = rotation
            return rotation
        }
    }

    private init(_ dimension: Int) {
        self.dimension = dimension
        width = VectorBlock.width(of: dimension)
        var random = SplitMix64(state: UInt64(dimension))
        flips = (0..<4 * width).map { _ in random.next() & 1 == 0 ? 0 : 1 << 31 }
    }

    /// - Parameter rows: [count, width]; the numbers behind the dimension stay 0.
    func apply(to rows: UnsafePointer<Float>, _ count: Int, into rotated: inout [Float]) {
        labsync_turn(rows, width, dimension, count, flips, &rotated)
    }

    /// - Parameter row: [width].
    func apply(to row: [Float]) -> [Float] {
        var rotated = row
        labsync_turn(row, width, dimension, 1, flips, &rotated)
        return rotated
    }
}
