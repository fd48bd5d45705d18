import CBLAS
import CKernels

/// The six layers of MiniLM over many sentences at once.
///
/// Sentences are packed one after the other without padding: [tokens, width] for the linear layers, and attention
/// sentence by sentence, head by head.
struct BertEncoder: Sendable {
    let weights: BertWeights

    /// - Parameter sentences: token numbers, none empty, none longer than 512.
    /// - Returns: for each sentence the mean of its tokens' vectors, and those of all but the first and last.
    func encode(_ sentences: [[Int32]]) -> [TextEncoding] {
        let width = BertWeights.width
        let count = sentences.reduce(0) { $0 + $1.count }
        var hidden = embed(sentences, count: count)
        var scratch = Scratch(tokens: count, longest: sentences.map(\.count).max() ?? 0)
        for layer in weights.layers { apply(layer, to: &hidden, sentences, count, &scratch) }

        var encodings: [TextEncoding] = []
        var row = 0
        for sentence in sentences {
            var mean = [Float](repeating: 0, count: width)
            for token in row..<(row + sentence.count) {
                for column in 0..<width { mean[column] += hidden[token * width + column] }
            }
            var pieces: [Float] = []
            pieces.reserveCapacity(max(0, sentence.count - 2) * width)
            for token in (row + 1)..<max(row + 1, row + sentence.count - 1) {
                pieces += Self.normalised(hidden[token * width..<(token + 1) * width])
            }
            row += sentence.count
            encodings.append(TextEncoding(vector: Self.normalised(mean[...]), pieces: pieces))
        }
        return encodings
    }

    /// Buffers that the layers share: [tokens, n].
    private struct Scratch {
        var attention: [Float]
        var context: [Float]
        var projected: [Float]
        var intermediate: [Float]
        var scores: [Float]

        init(tokens: Int, longest: Int) {
            attention = [Float](repeating: 0, count: tokens * 3 * BertWeights.width)
            context = [Float](repeating: 0, count: tokens * BertWeights.width)
            projected = [Float](repeating: 0, count: tokens * BertWeights.width)
            intermediate = [Float](repeating: 0, count: tokens * BertWeights.intermediate)
            scores = [Float](repeating: 0, count: longest * longest)
        }
    }

    private func embed(_ sentences: [[Int32]], count: Int) -> [Float] {
        let width = BertWeights.width
        let embeddings = weights.embeddings
        var hidden = [Float](repeating: 0, count: count * width)
        var row = 0
        for sentence in sentences {
            for (position, token) in sentence.enumerated() {
                let word = embeddings.words + Int(token) * width
                let place = embeddings.positions + position * width
                for column in 0..<width {
                    hidden[row * width + column] = word[column] + place[column] + embeddings.types[column]
                }
                row += 1
            }
        }
        labsync_add_norm(
            &hidden,
            nil,
            nil,
            embeddings.norm.scale,
            embeddings.norm.shift,
            BertWeights.epsilon,
            count,
            width
        )
        return hidden
    }

    private func apply(
        _ layer: BertWeights.Layer,
        to hidden: inout [Float],
        _ sentences: [[Int32]],
        _ count: Int,
        _ scratch: inout Scratch
    ) {
        let width = BertWeights.width
        Self.multiply(hidden, layer.attention, into: &scratch.attention, count, width, 3 * width)
        labsync_add_bias(&scratch.attention, layer.attentionBias, count, 3 * width)
        attend(sentences, &scratch)
        Self.multiply(scratch.context, layer.output, into: &scratch.projected, count, width, width)
        labsync_add_norm(
            &scratch.projected,
            layer.outputBias,
            hidden,
            layer.attentionNorm.scale,
            layer.attentionNorm.shift,
            BertWeights.epsilon,
            count,
            width
        )
        Self.multiply(
            scratch.projected,
            layer.intermediate,
            into: &scratch.intermediate,
            count,
            width,
            BertWeights.intermediate
        )
        labsync_add_bias_gelu(&scratch.intermediate, layer.intermediateBias, count, BertWeights.intermediate)
        Self.multiply(scratch.intermediate, layer.final, into: &hidden, count, BertWeights.intermediate, width)
        labsync_add_norm(
            &hidden,
            layer.finalBias,
            scratch.projected,
            layer.finalNorm.scale,
            layer.finalNorm.shift,
            BertWeights.epsilon,
            count,
            width
        )
    }

    /// Scaled dot-product attention (Vaswani et al. 2017, eq. 1).
    private func attend(_ sentences: [[Int32]], _ scratch: inout Scratch) {
        let width = Int32(BertWeights.width)
        let headWidth = Int32(BertWeights.headWidth)
        let factor = 1 / Float(BertWeights.headWidth).squareRoot()
        scratch.scores.withUnsafeMutableBufferPointer { scores in
            scratch.context.withUnsafeMutableBufferPointer { context in
                scratch.attention.withUnsafeBufferPointer { attention in
                    guard let scores = scores.baseAddress, let context = context.baseAddress,
                        let attention = attention.baseAddress
                    else { return }
                    var row = 0
                    for sentence in sentences {
                        let length = Int32(sentence.count)
                        for head in 0..<BertWeights.heads {
                            let query = attention + row * 3 * BertWeights.width + head * BertWeights.headWidth
                            let key = query + BertWeights.width
                            let value = key + BertWeights.width
                            cblas_sgemm(
                                CblasRowMajor,
                                CblasNoTrans,
                                CblasTrans,
                                length,
                                length,
                                headWidth,
                                1,
                                query,
                                3 * width,
                                key,
                                3 * width,
                                0,
                                scores,
                                length
                            )
                            labsync_softmax(scores, factor, sentence.count, sentence.count)
                            cblas_sgemm(
                                CblasRowMajor,
                                CblasNoTrans,
                                CblasNoTrans,
                                length,
                                headWidth,
                                length,
                                1,
                                scores,
                                length,
                                value,
                                3 * width,
                                0,
                                context + row * BertWeights.width + head * BertWeights.headWidth,
                                width
                            )
                        }
                        row += sentence.count
                    }
                }
            }
        }
    }

    /// result [rows, outputs] = matrix [rows, inputs] · weightᵀ, weight [outputs, inputs].
    private static func multiply(
        _ matrix: [Float],
        _ weight: UnsafePointer<Float>,
        into result: inout [Float],
        _ rows: Int,
        _ inputs: Int,
        _ outputs: Int
    ) {
        precondition(matrix.count >= rows * inputs && result.count >= rows * outputs)
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
            weight,
            Int32(inputs),
            0,
            &result,
            Int32(outputs)
        )
    }

    private static func normalised(_ vector: ArraySlice<Float>) -> [Float] {
        let length = vector.reduce(Float(0)) { $0 + $1 * $1 }.squareRoot()
        return length > 0 ? vector.map { $0 / length } : Array(vector)
    }
}
