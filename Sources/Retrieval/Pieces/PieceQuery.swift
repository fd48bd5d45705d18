import CKernels

/// A question's pieces, made ready to be matched with codes.
///
/// Late interaction (Khattab and Zaharia 2020): each piece of the question finds its best piece of a text. The question
/// keeps 8 bits a number, the text its signs.
package struct PieceQuery {
    /// Pieces of the question.
    package let count: Int
    private let wordsPerPiece: Int
    private let prepared: AlignedMemory
    private let scales: [Float]
    private let offsets: [Float]

    /// - Parameter pieces: [pieces, dimension], L2-normalised.
    package init?(_ pieces: [Float], dimension: Int) {
        guard !pieces.isEmpty, dimension.isMultiple(of: 64), pieces.count.isMultiple(of: dimension) else { return nil }
        let count = pieces.count / dimension
        self.count = count
        wordsPerPiece = dimension / 64
        var numbers = [Int8](repeating: 0, count: pieces.count)
        var scales: [Float] = []
        var offsets: [Float] = []
        let length = Float(dimension).squareRoot()
        numbers.withUnsafeMutableBufferPointer { numbers in
            pieces.withUnsafeBufferPointer { pieces in
                guard var to = numbers.baseAddress, var from = pieces.baseAddress else { return }
                for _ in 0..<count {
                    var total: Int32 = 0
                    let step = labsync_round_to_bytes(from, dimension, to, &total)
                    // Set bits count for a number, the others against it: twice the set ones less all. A sign vector's
                    // length is the square root of its dimension.
                    scales.append(2 * step / length)
                    offsets.append(Float(total) * step / length)
                    (from, to) = (from + dimension, to + dimension)
                }
            }
        }
        prepared = AlignedMemory(byteCount: labsync_prepared_size(count, wordsPerPiece))
        labsync_prepare_matches(numbers, count, wordsPerPiece, prepared.start)
        self.scales = scales
        self.offsets = offsets
    }

    /// The cosine of each piece's best match among some codes, -1 to 1; all -1 without codes.
    ///
    /// - Parameter matches: one for each piece.
    package func match(_ codes: UnsafeBufferPointer<UInt64>, into matches: UnsafeMutableBufferPointer<Float>) {
        guard let start = codes.baseAddress, !codes.isEmpty else { return matches.update(repeating: -1) }
        withUnsafeTemporaryAllocation(of: Int32.self, capacity: count) { best in
            guard let found = best.baseAddress else { return }
            labsync_best_matches(start, codes.count / wordsPerPiece, prepared.start, count, wordsPerPiece, found)
            for piece in 0..<count { matches[piece] = Float(best[piece]) * scales[piece] - offsets[piece] }
        }
    }
}
