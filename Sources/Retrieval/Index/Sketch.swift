import CKernels

/// What a quick look reads of a block's rows: along the axes on which they differ most, about their centre, one bit a number
/// to choose some of all rows, and two bits a number, and more axes, to choose among those (RaBitQ, Gao and Long 2024, on
/// principal axes).
final class Sketch: Sendable {
    let axes: PrincipalAxes
    /// Signs, and then pairs: together they fill huge pages.
    private let codes: AlignedMemory
    private let pairsStart: Int
    /// [width], as the rows are.
    let centre: [Float]

    /// Rows in one product with the axes.
    private static let pass = 512

    /// - Parameter known: axes of other blocks, which are taken if they suit this one's rows.
    init(_ block: VectorBlock, known: PrincipalAxes?) {
        var centre = [Float](repeating: 0, count: block.width)
        labsync_mean(block.floats.pointer(to: Float.self), block.count, block.width, &centre)
        let axes = PrincipalAxes.suiting(block, centre, known: known)
        let groupSize = labsync_sign_stride(axes.signWidth)
        let rowSize = axes.pairStride
        let pairsStart = (block.count + 15) / 16 * groupSize
        let codes = AlignedMemory(byteCount: pairsStart + block.count * rowSize)
        let signs = codes.pointer(to: UInt8.self)
        let pairs = signs + pairsStart
        let turnedCentre = axes.turn(centre)
        var turned = [Float](repeating: 0, count: Self.pass * axes.outputs)
        for start in stride(from: 0, to: block.count, by: Self.pass) {
            let count = min(Self.pass, block.count - start)
            axes.turn(block.floats.pointer(to: Float.self) + start * block.width, count, into: &turned)
            labsync_pack_signs(
                turned,
                turnedCentre,
                axes.outputs,
                axes.signWidth,
                axes.signCount,
                count,
                signs + start / 16 * groupSize
            )
            axes.withLayout {
                labsync_pack_pairs(turned, turnedCentre, axes.outputs, $0, count, pairs + start * rowSize)
            }
        }
        self.axes = axes
        self.codes = codes
        self.pairsStart = pairsStart
        self.centre = centre
    }

    var signCodes: UnsafePointer<UInt8> { UnsafePointer(codes.pointer(to: UInt8.self)) }
    var pairCodes: UnsafePointer<UInt8> { signCodes + pairsStart }
    var byteCount: Int { codes.byteCount }
}
