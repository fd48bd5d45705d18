/// How exact the comparison of vectors must be.
public enum VectorMode: String, Sendable, CaseIterable, Codable {
    /// By signs first: misses one in some hundreds of the best.
    case fast
    /// By four bits first, with a bound on what they leave out: provably the best, as `exact` finds them.
    case certified
    /// Every number of every vector.
    case exact
}
