import CBLAS
import CKernels

/// One bit a number: the signs of a block's rows about their centre, turned in space by a rotation that spreads every
/// direction over all numbers (RaBitQ, Gao and Long 2024).
final class SignCodes: Sendable {
    let codes: AlignedMemory
    let centre: [Float]

    /// Rows in one product with the rotation.
    private static let pass = 512

    init(_ block: VectorBlock) {
        let (dimension, width) = (block.dimension, block.width)
        let rows = block.floats.pointer(to: Float.self)
        var centre = [Float](repeating: 0, count: width)
        for row in 0..<block.count {
            for column in 0..<dimension { centre[column] += rows[row * width + column] }
        }
        for column in 0..<dimension { centre[column] /= Float(block.count) }
        let stride = labsync_bit_stride(width)
        codes = AlignedMemory(byteCount: (block.count + 15) / 16 * stride)
        let rotation = Rotation.of(dimension)
        var centred = [Float](repeating: 0, count: Self.pass * width)
        var rotated = centred
        for start in Swift.stride(from: 0, to: block.count, by: Self.pass) {
            let count = min(Self.pass, block.count - start)
            for row in 0..<count {
                for column in 0..<dimension {
                    centred[row * width + column] = rows[(start + row) * width + column] - centre[column]
                }
            }
            rotation.apply(to: centred, into: &rotated, count: count, width: width)
            labsync_pack_bits(
                rotated,
                width,
                dimension,
                count,
                codes.pointer(to: UInt8.self) + start / 16 * stride
            )
        }
        self.centre = centre
    }

    var byteCount: Int { codes.byteCount }
}
