/// What the embedder made of one passage. Raw values are `vectors.facet`.
public enum Facet: Int16, Sendable, Hashable, CaseIterable, Codable {
    /// The passage's own text.
    case passage = 0
    /// A file's beginning, kept with its first passage only.
    case beginning = 1
    /// The signs of the passage's piece vectors (`PieceCodes`).
    case pieces = 2
}
