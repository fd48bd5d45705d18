import CKernels

/// One bit a number: the signs of a block's rows about their centre, turned in space by a rotation that spreads every
/// direction over all numbers (RaBitQ, Gao and Long 2024).
final class SignCodes: Sendable {
    private let codes: AlignedMemory
    let centre: [Float]

    /// Rows in one product with the rotation.
    private static let pass = 512

    init(_ block: VectorBlock) {
        let (dimension, width) = (block.dimension, block.width)
        let rows = block.floats.pointer(to: Float.self)
        var centre = [Float](repeating: 0, count: width)
        labsync_mean(rows, block.count, width, &centre)
        let rotation = Rotation.of(dimension)
        let turnedCentre = rotation.apply(to: centre)
        let stride = labsync_bit_stride(width)
        codes = AlignedMemory(byteCount: (block.count + 15) / 16 * stride)
        var turned = [Float](repeating: 0, count: Self.pass * width)
        for start in Swift.stride(from: 0, to: block.count, by: Self.pass) {
            let count = min(Self.pass, block.count - start)
            rotation.apply(to: rows + start * width, count, into: &turned)
            labsync_pack_bits(
                turned,
                turnedCentre,
                width,
                dimension,
                count,
                codes.pointer(to: UInt8.self) + start / 16 * stride
            )
        }
        self.centre = centre
    }

    var start: UnsafePointer<UInt8> { UnsafePointer(codes.pointer(to: UInt8.self)) }
    var byteCount: Int { codes.byteCount }
}
