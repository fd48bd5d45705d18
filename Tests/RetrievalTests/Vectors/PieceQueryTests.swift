import Retrieval
import Testing

struct PieceQueryTests {
    /// The last is longer than what is taken in blocks, so that both layouts are tried where the processor has both.
    @Test(arguments: [64, 384, 4096])
    func `pieces find the best of a text's signs, as a plain loop does`(dimension: Int) throws {
        var random = SystemRandomNumberGenerator()
        for (queries, texts) in [(1, 1), (3, 4), (15, 5), (16, 7), (17, 9), (40, 2)] {
            let pieces = unit(queries, dimension, &random)
            let codes = PieceCodes(unit(texts, dimension, &random), dimension: dimension)
            let query = try #require(PieceQuery(pieces, dimension: dimension))

            let found = match(query, codes)

            let wanted = plainMatches(pieces, codes, dimension)
            for (one, other) in zip(found, wanted) { #expect(abs(one - other) < 0.006) }
        }
    }

    @Test func `the largest numbers do not overflow`() throws {
        let pieces = [Float](repeating: 1, count: 384)
        let query = try #require(PieceQuery(pieces, dimension: 384))

        let same = match(query, PieceCodes(pieces, dimension: 384))
        let opposite = match(query, PieceCodes(pieces.map(-), dimension: 384))

        let length = Float(384).squareRoot()
        #expect(abs(same[0] - length) < 0.001)
        #expect(abs(opposite[0] + length) < 0.001)
    }

    @Test func `without codes nothing matches`() throws {
        let query = try #require(PieceQuery([Float](repeating: 0.05, count: 2 * 384), dimension: 384))

        #expect(match(query, PieceCodes()) == [-1, -1])
    }

    private func match(_ query: PieceQuery, _ codes: PieceCodes) -> [Float] {
        var matches = [Float](repeating: 0, count: query.count)
        matches.withUnsafeMutableBufferPointer { matches in
            codes.words.withUnsafeBufferPointer { query.match($0, into: matches) }
        }
        return matches
    }

    private func unit(_ rows: Int, _ dimension: Int, _ random: inout SystemRandomNumberGenerator) -> [Float] {
        (0..<rows).flatMap { _ in
            let row = (0..<dimension).map { _ in Float.random(in: -1...1, using: &random) }
            let length = row.reduce(0) { $0 + $1 * $1 }.squareRoot()
            return row.map { $0 / length }
        }
    }

    private func plainMatches(_ pieces: [Float], _ codes: PieceCodes, _ dimension: Int) -> [Float] {
        let words = dimension / 64
        return stride(from: 0, to: pieces.count, by: dimension).map { piece in
            (0..<codes.words.count / words).map { text in
                (0..<dimension).reduce(Float(0)) { sum, index in
                    let isSet = codes.words[text * words + index / 64] >> UInt64(index % 64) & 1 == 1
                    return sum + (isSet ? 1 : -1) * pieces[piece + index]
                } / Float(dimension).squareRoot()
            }.max() ?? -1
        }
    }
}
