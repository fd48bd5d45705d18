import CKernels

/// A question's pieces, made ready to be matched with codes.
///
/// Late interaction (Khattab and Zaharia 2020): each piece of the question finds its best piece of a text. The question
/// keeps 8 bits a number, the text its signs.
struct PieceQuery {
    /// Pieces of the question.
    let count: Int
    private let wordsPerPiece: Int
    /// [pieces, words, 8] as `labsync_best_matches` wants them.
    private let planes: [UInt64]
    private let scales: [Float]
    private let offsets: [Float]

    /// - Parameter pieces: [pieces, dimension], L2-normalised.
    init?(_ pieces: [Float], dimension: Int) {
        guard !pieces.isEmpty, dimension.isMultiple(of: 64), pieces.count.isMultiple(of: dimension) else { return nil }
        count = pieces.count / dimension
        wordsPerPiece = dimension / 64
        var planes = [UInt64](repeating: 0, count: count * wordsPerPiece * 8)
        var scales: [Float] = []
        var offsets: [Float] = []
        let length = Float(dimension).squareRoot()
        for piece in 0..<count {
            let numbers = pieces[piece * dimension..<(piece + 1) * dimension]
            let step = max(numbers.reduce(0) { max($0, abs($1)) } / 127, .leastNormalMagnitude)
            var total: Float = 0
            for (index, number) in numbers.enumerated() {
                let level = Int((number / step).rounded())
                total += Float(level)
                let place = (piece * wordsPerPiece + index / 64) * 8
                for bit in 0..<8 where (level + 128) >> bit & 1 == 1 {
                    planes[place + bit] |= 1 << UInt64(index % 64)
                }
            }
            // Set bits count for a number, the others against it: twice the set ones less all. A sign vector's length
            // is the square root of its dimension.
            scales.append(2 * step / length)
            offsets.append(total * step / length)
        }
        self.planes = planes
        self.scales = scales
        self.offsets = offsets
    }

    /// The cosine of each piece's best match among some codes, -1 to 1; all -1 without codes.
    func matches(_ codes: UnsafeBufferPointer<UInt64>) -> [Float] {
        guard let start = codes.baseAddress, !codes.isEmpty else { return [Float](repeating: -1, count: count) }
        var best = [Int32](repeating: 0, count: count)
        labsync_best_matches(start, codes.count / wordsPerPiece, planes, count, wordsPerPiece, &best)
        return best.indices.map { Float(best[$0]) * scales[$0] - offsets[$0] }
    }
}
