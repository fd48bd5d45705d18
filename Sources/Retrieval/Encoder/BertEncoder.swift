import CKernels

/// The six layers of MiniLM over many sentences at once.
///
/// Sentences are packed one after the other without padding: [tokens, width] for the linear layers, and attention
/// sentence by sentence.
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
        encodings.reserveCapacity(sentences.count)
        hidden.withUnsafeBufferPointer { hidden in
            guard var row = hidden.baseAddress else { return }
            for sentence in sentences {
                encodings.append(Self.encoding(row, sentence.count))
                row += sentence.count * width
            }
        }
        return encodings
    }

    private static func encoding(_ rows: UnsafePointer<Float>, _ count: Int) -> TextEncoding {
        let width = BertWeights.width
        let vector = [Float](unsafeUninitializedCapacity: width) { vector, size in
            guard let start = vector.baseAddress else { return }
            labsync_mean(rows, count, width, start)
            labsync_normalise(start, 1, width, start)
            size = width
        }
        let pieces = max(0, count - 2)
        return TextEncoding(
            vector: vector,
            pieces: [Float](unsafeUninitializedCapacity: pieces * width) { vectors, size in
                guard pieces > 0, let start = vectors.baseAddress else { return }
                labsync_normalise(rows + width, pieces, width, start)
                size = pieces * width
            }
        )
    }

    /// Buffers that the layers share: [tokens, n].
    private struct Scratch {
        var attention: [Float]
        var context: [Float]
        var projected: [Float]
        var intermediate: [Float]
        var scores: [Float]
        /// What products make of the numbers that they multiply.
        let numbers: AlignedMemory

        init(tokens: Int, longest: Int) {
            attention = [Float](repeating: 0, count: tokens * 3 * BertWeights.width)
            context = [Float](repeating: 0, count: tokens * BertWeights.width)
            projected = [Float](repeating: 0, count: tokens * BertWeights.width)
            intermediate = [Float](repeating: 0, count: tokens * BertWeights.intermediate)
            scores = [Float](repeating: 0, count: labsync_attention_scratch(longest))
            numbers = AlignedMemory(byteCount: tokens * BertWeights.intermediate * 4)
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
        layer.attention.multiply(hidden, count, into: &scratch.attention, scratch.numbers)
        labsync_add_bias(&scratch.attention, layer.attentionBias, count, 3 * width)
        attend(sentences, &scratch)
        layer.output.multiply(scratch.context, count, into: &scratch.projected, scratch.numbers)
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
        layer.intermediate.multiply(scratch.projected, count, into: &scratch.intermediate, scratch.numbers)
        labsync_add_bias_gelu(&scratch.intermediate, layer.intermediateBias, count, BertWeights.intermediate)
        layer.final.multiply(scratch.intermediate, count, into: &hidden, scratch.numbers)
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

    private func attend(_ sentences: [[Int32]], _ scratch: inout Scratch) {
        let factor = 1 / Float(BertWeights.headWidth).squareRoot()
        scratch.scores.withUnsafeMutableBufferPointer { scores in
            scratch.context.withUnsafeMutableBufferPointer { context in
                scratch.attention.withUnsafeBufferPointer { attention in
                    guard let scores = scores.baseAddress, var context = context.baseAddress,
                        var attention = attention.baseAddress
                    else { return }
                    for sentence in sentences {
                        labsync_attend(attention, sentence.count, BertWeights.heads, factor, scores, context)
                        attention += sentence.count * 3 * BertWeights.width
                        context += sentence.count * BertWeights.width
                    }
                }
            }
        }
    }
}
