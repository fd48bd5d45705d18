import CKernels
import Testing

/// The encoder's own products, against sums in double precision.
@Suite struct ProductsTests {
    /// Those that the processor has.
    private static let kinds = [LABSYNC_WHOLE, LABSYNC_HALF]
        .filter { labsync_product_is_available($0) != 0 }.map(\.rawValue)

    /// Every number of rows that a tile may have, and both depths of the encoder.
    @Test(arguments: kinds, [64, 384, 1536])
    func `products are right to within the precision`(_ kind: UInt32, _ inputs: Int) {
        var random = SystemRandomNumberGenerator()
        let weight = (0..<64 * inputs).map { _ in Float.random(in: -1...1, using: &random) }
        for rows in 1...26 {
            let matrix = (0..<rows * inputs).map { _ in Float.random(in: -1...1, using: &random) }

            let result = Self.product(kind, matrix, rows, weight, inputs)

            expectNear(result, matrix, rows, weight, inputs)
        }
    }

    /// All of one sign and size is where sums are largest; a number far above the rest, where rounding is coarsest.
    @Test(arguments: kinds)
    func `no sum overflows`(_ kind: UInt32) {
        let inputs = 1536
        let even = [Float](repeating: 3e4, count: 64 * inputs)
        var single = [Float](repeating: 0, count: 64 * inputs)
        for row in 0..<64 { single[row * inputs + 7] = row.isMultiple(of: 2) ? 1e6 : -1e6 }
        var mixed = single
        for index in mixed.indices where mixed[index] == 0 { mixed[index] = Float(index % 13) }
        for matrix in [even, single, mixed] {
            for weight in [even, single, mixed] {
                let result = Self.product(kind, matrix, 64, weight, inputs)
                expectNear(result, matrix, 64, weight, inputs)
            }
        }
    }

    @Test(arguments: kinds)
    func `nothing comes of nothing`(_ kind: UInt32) {
        let zeros = [Float](repeating: 0, count: 64 * 64)

        let result = Self.product(kind, zeros, 64, zeros, 64)

        #expect(result.allSatisfy { $0 == 0 })
    }

    /// result [rows, 64]
    private static func product(
        _ kind: UInt32,
        _ matrix: [Float],
        _ rows: Int,
        _ weight: [Float],
        _ inputs: Int
    ) -> [Float] {
        let kind = labsync_product(rawValue: kind)
        let packed = UnsafeMutableRawPointer.allocate(byteCount: labsync_weight_size(kind, 64, inputs), alignment: 64)
        let scratch = UnsafeMutableRawPointer.allocate(byteCount: rows * inputs * 4, alignment: 64)
        defer {
            packed.deallocate()
            scratch.deallocate()
        }
        labsync_pack_weight(kind, weight, 64, inputs, packed)
        var result = [Float](repeating: .nan, count: rows * 64)
        labsync_multiply(kind, matrix, rows, inputs, packed, 64, scratch, &result)
        return result
    }

    /// Near in units of the two vectors' lengths.
    private func expectNear(_ result: [Float], _ matrix: [Float], _ rows: Int, _ weight: [Float], _ inputs: Int) {
        for row in 0..<rows {
            for output in 0..<64 {
                var (sum, left, right) = (0.0, 0.0, 0.0)
                for input in 0..<inputs {
                    let (a, b) = (Double(matrix[row * inputs + input]), Double(weight[output * inputs + input]))
                    sum += a * b
                    left += a * a
                    right += b * b
                }
                let error = abs(Double(result[row * 64 + output]) - sum) / (left * right).squareRoot()
                #expect(error < 1e-3, "row \(row), output \(output) of \(rows) × \(inputs): \(error)")
            }
        }
    }
}
