import CBLAS
import Foundation
import Synchronization

/// A rotation drawn at random, the same one for every block of a dimension.
final class Rotation: Sendable {
    private let dimension: Int
    /// [dimension, dimension], its rows orthonormal.
    private let matrix: [Float]

    private static let known = Mutex<[Int: Rotation]>([:])

    static func of(_ dimension: Int) -> Rotation {
        known.withLock { known in
            if let rotation = known[dimension] { return rotation }
            let rotation = Rotation(dimension)
            known[dimension] = rotation
            return rotation
        }
    }

    /// Householder reflections of normally distributed vectors: their product is close to uniform (Stewart 1980).
    private init(_ dimension: Int) {
        self.dimension = dimension
        var random = SplitMix64(state: UInt64(dimension))
        var matrix = [Float](repeating: 0, count: dimension * dimension)
        for index in 0..<dimension { matrix[index * dimension + index] = random.next() & 1 == 0 ? 1 : -1 }
        var product = [Float](repeating: 0, count: dimension)
        for size in stride(from: dimension, to: 1, by: -1) {
            var normal = [Float](repeating: 0, count: dimension)
            for index in (dimension - size)..<dimension { normal[index] = random.nextNormal() }
            let squares = normal.reduce(0) { $0 + $1 * $1 }
            // matrix -= 2 / |normal|² · normal · (normalᵀ · matrix)
            cblas_sgemv(
                CblasRowMajor,
                CblasTrans,
                Int32(dimension),
                Int32(dimension),
                1,
                matrix,
                Int32(dimension),
                normal,
                1,
                0,
                &product,
                1
            )
            cblas_sger(
                CblasRowMajor,
                Int32(dimension),
                Int32(dimension),
                -2 / squares,
                normal,
                1,
                product,
                1,
                &matrix,
                Int32(dimension)
            )
        }
        self.matrix = matrix
    }

    /// rotated [count, width] = rows [count, width] · matrixᵀ
    func apply(to rows: [Float], into rotated: inout [Float], count: Int, width: Int) {
        precondition(rows.count >= count * width && rotated.count >= count * width)
        cblas_sgemm(
            CblasRowMajor,
            CblasNoTrans,
            CblasTrans,
            Int32(count),
            Int32(dimension),
            Int32(dimension),
            1,
            rows,
            Int32(width),
            matrix,
            Int32(dimension),
            0,
            &rotated,
            Int32(width)
        )
    }

    func apply(to row: [Float]) -> [Float] {
        var rotated = [Float](repeating: 0, count: dimension)
        cblas_sgemv(
            CblasRowMajor,
            CblasNoTrans,
            Int32(dimension),
            Int32(dimension),
            1,
            matrix,
            Int32(dimension),
            row,
            1,
            0,
            &rotated,
            1
        )
        return rotated
    }
}

extension SplitMix64 {
    /// Box and Muller 1958.
    fileprivate mutating func nextNormal() -> Float {
        let radius = (-2 * log(Double.random(in: .leastNonzeroMagnitude..<1, using: &self))).squareRoot()
        return Float(radius * cos(2 * .pi * Double.random(in: 0..<1, using: &self)))
    }
}
