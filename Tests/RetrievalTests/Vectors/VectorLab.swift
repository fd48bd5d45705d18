import Retrieval

/// Vectors to try a search on: everyday ones, and such as are hard to tell apart.
struct VectorLab {
    enum Kind: String, CaseIterable {
        case random
        /// Around a few centres, as passages on a few matters are.
        case clustered
        /// A dozen on each of many matters.
        case topical
        /// Differing much along a few axes and little along most, as embeddings do.
        case flat
        /// Differing in the last bits only.
        case nearlyEqual
        case equal
        /// One number each.
        case sparse
        /// Lengths from a millionth to a million, and none.
        case unevenlyLong
        /// One number much larger than the rest, which spoils every scale.
        case spiked
        /// The levels of four bits themselves and what lies between them.
        case quantised
    }

    let rows: [[Float]]
    let queries: [[Float]]

    init(_ kind: Kind, count: Int, dimension: Int, seed: UInt64 = 7) {
        var random = Lehmer(state: seed)
        func normal() -> [Float] { (0..<dimension).map { _ in random.nextNormal() } }
        let centres = (0..<8).map { _ in normal() }
        var centre = centres[0]
        rows = (0..<count).map { row in
            if row % 12 == 0 { centre = normal() }
            return switch kind {
            case .random: normal().normalised
            case .clustered: zip(centres[row % 8], normal()).map { $0 + 0.3 * $1 }.normalised
            case .topical: zip(centre, normal()).map { $0 + 0.6 * $1 }.normalised
            case .flat: normal().enumerated().map { $0.element / Float(1 + $0.offset / 8) }.normalised
            case .nearlyEqual: zip(centres[0], normal()).map { $0 + 1e-6 * $1 }.normalised
            case .equal: centres[0].normalised
            case .sparse: (0..<dimension).map { $0 == row % dimension ? (row % 3 == 0 ? -1 : 1) : 0 }
            case .unevenlyLong: normal().normalised.map { row % 17 == 0 ? 0 : $0 * [1e-6, 1, 3, 1e6][row % 4] }
            case .spiked: normal().enumerated().map { $0.offset == row % 5 ? 40 : $0.element }.normalised
            case .quantised: (0..<dimension).map { Float(($0 * 7 + row * 3) % 16) - Float(row % 2) * 7.5 }.normalised
            }
        }
        let some = rows.enumerated().filter { $0.offset % max(1, count / 4) == 0 }.map(\.element)
        queries =
            [normal().normalised, [Float](repeating: 0, count: dimension)] + some
            + some.map { zip($0, normal()).map { $0 + 0.1 * $1 } }
    }

    func block(_ range: Range<Int>? = nil) -> VectorBlock {
        VectorBlock(dimension: rows[0].count, rows[range ?? rows.indices].flatMap { $0 })
    }

    /// Inner products in double, best first, ties in row order.
    func ranking(_ query: [Float]) -> [(row: Int, score: Double)] {
        rows.enumerated().map { row, numbers in
            (row, zip(numbers, query).reduce(0) { $0 + Double($1.0) * Double($1.1) })
        }
        .sorted { ($0.score, $1.row) > ($1.score, $0.row) }
    }
}

/// The same numbers every time.
struct Lehmer: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return (state ^ (state >> 29)) &* 0xd6e8_feb8_6659_fd93
    }

    /// Twelve even ones in sum are close to normal.
    mutating func nextNormal() -> Float {
        (0..<12).reduce(Float(-6)) { sum, _ in sum + Float.random(in: 0..<1, using: &self) }
    }
}

extension [Float] {
    var normalised: [Float] {
        let length = reduce(0) { $0 + $1 * $1 }.squareRoot()
        return length > 0 ? map { $0 / length } : self
    }
}
