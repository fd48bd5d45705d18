/// The tensors of all-MiniLM-L6-v2, in place in their file but for the three attention projections, which are joined.
///
/// Linear weights are [out, in], as PyTorch keeps them.
struct BertWeights: Sendable {
    static let width = 384
    static let heads = 12
    static let headWidth = 32
    static let intermediate = 1536
    static let layerCount = 6
    static let positions = 512
    static let epsilon: Float = 1e-12

    // The pointers stay valid as long as `file` lives, and nothing is ever written through them.
    struct Layer: @unchecked Sendable {
        /// [3 × 384, 384]: query, key, value.
        let attention: LinearLayer
        let attentionBias: [Float]
        let output: LinearLayer
        let outputBias: UnsafePointer<Float>
        let attentionNorm: Norm
        let intermediate: LinearLayer
        let intermediateBias: UnsafePointer<Float>
        let final: LinearLayer
        let finalBias: UnsafePointer<Float>
        let finalNorm: Norm
    }

    // As above.
    struct Norm: @unchecked Sendable {
        let scale: UnsafePointer<Float>
        let shift: UnsafePointer<Float>
    }

    // As above.
    struct Embeddings: @unchecked Sendable {
        let words: UnsafePointer<Float>
        let positions: UnsafePointer<Float>
        let types: UnsafePointer<Float>
        let norm: Norm
    }

    let embeddings: Embeddings
    let layers: [Layer]
    private let file: SafeTensors

    init(_ file: SafeTensors, vocabulary: Int, _ precision: EncoderPrecision) throws(ModelError) {
        self.file = file
        embeddings = Embeddings(
            words: try file.tensor("embeddings.word_embeddings.weight", vocabulary, Self.width),
            positions: try file.tensor("embeddings.position_embeddings.weight", Self.positions, Self.width),
            types: try file.tensor("embeddings.token_type_embeddings.weight", 2, Self.width),
            norm: try Self.norm(file, "embeddings.LayerNorm")
        )
        let shapes = [
            (3 * Self.width, Self.width), (Self.width, Self.width), (Self.intermediate, Self.width),
            (Self.width, Self.intermediate),
        ]
        let size = shapes.reduce(0) { $0 + LinearLayer.byteCount($1.0, $1.1, precision) }
        let room = WeightRoom(byteCount: Self.layerCount * size)
        var layers: [Layer] = []
        for index in 0..<Self.layerCount {
            layers.append(try Self.layer(file, "encoder.layer.\(index)", precision, in: room))
        }
        self.layers = layers
    }

    private static func layer(
        _ file: SafeTensors,
        _ name: String,
        _ precision: EncoderPrecision,
        in room: WeightRoom
    ) throws(ModelError) -> Layer {
        func linear(_ part: String, _ outputs: Int, _ inputs: Int) throws(ModelError) -> LinearLayer {
            LinearLayer(
                try file.tensor("\(name).\(part).weight", outputs, inputs),
                outputs: outputs,
                inputs: inputs,
                precision,
                in: room
            )
        }
        let joined = AlignedMemory(byteCount: 3 * width * width * 4)
        let attention = joined.pointer(to: Float.self)
        var attentionBias: [Float] = []
        for (index, part) in ["query", "key", "value"].enumerated() {
            let weight = try file.tensor("\(name).attention.self.\(part).weight", width, width)
            (attention + index * width * width).update(from: weight, count: width * width)
            let bias = try file.tensor("\(name).attention.self.\(part).bias", width)
            attentionBias += UnsafeBufferPointer(start: bias, count: width)
        }
        return Layer(
            attention: LinearLayer(
                attention,
                outputs: 3 * width,
                inputs: width,
                precision,
                in: room,
                keeping: joined
            ),
            attentionBias: attentionBias,
            output: try linear("attention.output.dense", width, width),
            outputBias: try file.tensor("\(name).attention.output.dense.bias", width),
            attentionNorm: try norm(file, "\(name).attention.output.LayerNorm"),
            intermediate: try linear("intermediate.dense", intermediate, width),
            intermediateBias: try file.tensor("\(name).intermediate.dense.bias", intermediate),
            final: try linear("output.dense", width, intermediate),
            finalBias: try file.tensor("\(name).output.dense.bias", width),
            finalNorm: try norm(file, "\(name).output.LayerNorm")
        )
    }

    private static func norm(_ file: SafeTensors, _ name: String) throws(ModelError) -> Norm {
        Norm(scale: try file.tensor("\(name).weight", width), shift: try file.tensor("\(name).bias", width))
    }
}
