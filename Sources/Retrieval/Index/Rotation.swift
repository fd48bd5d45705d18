import CBLAS
import Foundation
import Synchronization

/// A rotation drawn at random, the same one for every block of a dimension.
final class Rotation: Sendable {
    /// [width, width], of which the dimension's rows and columns are orthonormal and the rest 0.
    private let layer: LinearLayer

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
        let width = VectorBlock.width(of: dimension)
        let padded = AlignedMemory(byteCount: width * width * 4)
        let numbers = padded.pointer(to: Float.self)
        numbers.update(repeating: 0, count: width * width)
        for row in 0..<dimension {
            for column in 0..<dimension { numbers[row * width + column] = matrix[row * dimension + column] }
        }
        layer = LinearLayer(numbers, outputs: width, inputs: width, .whole, keeping: padded)
    }

    /// rotated [count, width] = rows [count, width] · matrixᵀ
    func apply(to rows: UnsafePointer<Float>, _ count: Int, into rotated: inout [Float]) {
        layer.multiply(rows, count, into: &rotated)
    }

    /// - Parameter row: [width].
    func apply(to row: [Float]) -> [Float] {
        var rotated = [Float](repeating: 0, count: row.count)
        layer.multiply(row, 1, into: &rotated)
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
