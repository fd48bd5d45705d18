import CKernels
import Synchronization

/// A rotation drawn at random, the same one whenever so many numbers are turned: signs that `labsync_turn` flips between
/// Hadamard transforms.
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

    /// - Parameter numbers: as many as the dimension.
    func apply(to numbers: [Float]) -> [Float] {
        let row = numbers + [Float](repeating: 0, count: width - dimension)
        var rotated = row
        labsync_turn(row, width, dimension, 1, flips, &rotated)
        return rotated
    }
}
