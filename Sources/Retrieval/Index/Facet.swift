/// The ways in which one passage is embedded. Raw values are `vectors.facet`.
public enum Facet: Int16, Sendable, Hashable, CaseIterable, Codable {
    /// The passage's own text.
    case passage = 0
    /// A message with the turns before it; a file's beginning (with its first passage only).
    case context = 1
}
