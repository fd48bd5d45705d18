import CBLAS
import CKernels

/// How the encoder multiplies.
public enum EncoderPrecision: String, Sendable, CaseIterable {
    /// 16-bit integers with a scale for each row and weight, summed in 32 bits, where the processor multiplies twice as
    /// many of them; `whole` elsewhere.
    case half
    /// 32-bit floats throughout.
    case whole
}

/// The weights of a linear layer, laid out once for the quickest product that the processor has.
///
/// Without AVX-512 they stay in their file, and BLAS multiplies.
struct LinearLayer: Sendable {
    private enum Weights: Sendable {
        case packed(labsync_product, Packed)
        // Read only, and valid as long as the file that they are in.
        case plain(PlainWeights)
    }

    // Unchecked: nothing is written through the pointer, and what it points into outlives it.
    private struct PlainWeights: @unchecked Sendable {
        let start: UnsafePointer<Float>
        let owner: AlignedMemory?
    }

    // Unchecked: nothing is written there any more.
    private struct Packed: @unchecked Sendable {
        let start: UnsafeMutableRawPointer
        let owner: AlignedMemory
    }

    private let weights: Weights
    private let outputs: Int
    private let inputs: Int

    /// - Parameters:
    ///   - weight: [outputs, inputs], which must stay where it is.
    ///   - room: for the layer, where it is one of several that lie together.
    ///   - owner: what it is in, unless that is a file that stays open.
    init(
        _ weight: UnsafePointer<Float>,
        outputs: Int,
        inputs: Int,
        _ precision: EncoderPrecision,
        in room: WeightRoom? = nil,
        keeping owner: AlignedMemory? = nil
    ) {
        self.outputs = outputs
        self.inputs = inputs
        guard let kind = Self.kind(precision) else {
            weights = .plain(PlainWeights(start: weight, owner: owner))
            return
        }
        let room = room ?? WeightRoom(byteCount: Self.byteCount(outputs, inputs, precision))
        let start = room.take(labsync_weight_size(kind, outputs, inputs))
        labsync_pack_weight(kind, weight, outputs, inputs, start)
        weights = .packed(kind, Packed(start: start, owner: room.memory))
    }

    /// What a layer takes in a room.
    static func byteCount(_ outputs: Int, _ inputs: Int, _ precision: EncoderPrecision) -> Int {
        kind(precision).map { WeightRoom.rounded(labsync_weight_size($0, outputs, inputs)) } ?? 0
    }

    private static func kind(_ precision: EncoderPrecision) -> labsync_product? {
        let kinds = precision == .half ? [LABSYNC_HALF, LABSYNC_WHOLE] : [LABSYNC_WHOLE]
        return kinds.first { labsync_product_is_available($0) != 0 }
    }

    /// result [rows, outputs] = matrix [rows, inputs] · weightᵀ
    ///
    /// - Parameter scratch: at least four bytes for each number of the matrix.
    func multiply(_ matrix: [Float], _ rows: Int, into result: inout [Float], _ scratch: AlignedMemory) {
        precondition(matrix.count >= rows * inputs)
        matrix.withUnsafeBufferPointer { numbers in
            guard let start = numbers.baseAddress else { return }
            multiply(start, rows, into: &result, scratch)
        }
    }

    /// - Parameters:
    ///   - matrix: [rows, inputs].
    ///   - scratch: not needed by layers of `whole` precision.
    func multiply(
        _ matrix: UnsafePointer<Float>,
        _ rows: Int,
        into result: inout [Float],
        _ scratch: AlignedMemory? = nil
    ) {
        precondition(result.count >= rows * outputs)
        switch weights {
        case .packed(let kind, let packed):
            precondition(kind == LABSYNC_WHOLE || (scratch?.byteCount ?? 0) >= rows * inputs * 4)
            labsync_multiply(kind, matrix, rows, inputs, packed.start, outputs, scratch?.start, &result)
        case .plain(let weights):
            cblas_sgemm(
                CblasRowMajor,
                CblasNoTrans,
                CblasTrans,
                Int32(rows),
                Int32(outputs),
                Int32(inputs),
                1,
                matrix,
                Int32(inputs),
                weights.start,
                Int32(inputs),
                0,
                &result,
                Int32(outputs)
            )
        }
    }
}

/// Memory for several layers, on huge pages together: a question reads all of them once, and would wait for page after page.
final class WeightRoom {
    let memory: AlignedMemory
    private var taken = 0

    init(byteCount: Int) {
        memory = AlignedMemory(byteCount: byteCount)
    }

    func take(_ byteCount: Int) -> UnsafeMutableRawPointer {
        precondition(taken + byteCount <= memory.byteCount)
        defer { taken += Self.rounded(byteCount) }
        return memory.start + taken
    }

    /// To where the next layer may begin.
    static func rounded(_ byteCount: Int) -> Int { (byteCount + 63) / 64 * 64 }
}
