/// What an embedder makes of a text: a vector for the whole, and one for each piece of it where the model tells.
public struct TextEncoding: Sendable, Equatable {
    /// L2-normalised.
    public let vector: [Float]
    /// [pieces, dimension], each L2-normalised, without the marks of beginning and end; empty when the model has none.
    public let pieces: [Float]

    public init(vector: [Float], pieces: [Float] = []) {
        self.vector = vector
        self.pieces = pieces
    }
}
