public import Domain

/// How many passages of a scope are to be loaded. Files' are counted apart: all of a file's are kept together.
public struct ExpectedPassages: Sendable {
    let scope: Scope
    let areOfFiles: Bool
    public let count: Int

    public init(scope: Scope, areOfFiles: Bool, count: Int) {
        self.scope = scope
        self.areOfFiles = areOfFiles
        self.count = count
    }
}

/// Neighbouring rows of a block to be, which one scope's vectors are written to as they come: there is no second copy of them.
struct VectorRoom: Sendable {
    let floats: AlignedMemory
    let dimension: Int
    /// The first of the rows.
    let first: Int
    let count: Int

    /// All rows of a block.
    init(dimension: Int, count: Int) {
        let width = VectorBlock.width(of: dimension)
        self.init(of: AlignedMemory(byteCount: count * width * 4), dimension, 0..<count)
    }

    init(of floats: AlignedMemory, _ dimension: Int, _ rows: Range<Int>) {
        self.floats = floats
        self.dimension = dimension
        first = rows.lowerBound
        count = rows.count
    }

    private var width: Int { VectorBlock.width(of: dimension) }

    private func start(of row: Int) -> UnsafeMutablePointer<Float> {
        floats.pointer(to: Float.self) + (first + row) * width
    }

    /// - Parameter vector: float32, little endian.
    func write(_ vector: UnsafeRawBufferPointer, to row: Int) {
        precondition(vector.count == 4 * dimension && row < count)
        let numbers = start(of: row)
        UnsafeMutableBufferPointer(start: numbers, count: dimension).read(littleEndian: vector)
        for place in dimension..<width { numbers[place] = 0 }
    }

    /// Zeros, for rows that have no vector.
    func clear(_ rows: Range<Int>) {
        guard !rows.isEmpty else { return }
        start(of: rows.lowerBound).update(repeating: 0, count: rows.count * width)
    }

    /// - Parameter order: the old place of each row, from the first on.
    func reorder(_ order: [Int]) {
        let old = [Float](UnsafeBufferPointer(start: start(of: 0), count: order.count * width))
        old.withUnsafeBufferPointer { old in
            guard let from = old.baseAddress else { return }
            for (row, place) in order.enumerated() { start(of: row).update(from: from + place * width, count: width) }
        }
    }

    func vector(_ row: Int) -> [Float] { [Float](UnsafeBufferPointer(start: start(of: row), count: dimension)) }
}

extension [Float] {
    /// - Parameter bytes: float32.
    init(littleEndian bytes: UnsafeRawBufferPointer) {
        self.init(unsafeUninitializedCapacity: bytes.count / 4) { numbers, count in
            count = bytes.count / 4
            UnsafeMutableBufferPointer(rebasing: numbers[..<count]).read(littleEndian: bytes)
        }
    }
}

extension UnsafeMutableBufferPointer<Float> {
    /// - Parameter bytes: a float32 for each element.
    fileprivate func read(littleEndian bytes: UnsafeRawBufferPointer) {
        for place in indices {
            let bits = bytes.loadUnaligned(fromByteOffset: 4 * place, as: UInt32.self)
            self[place] = Float(bitPattern: UInt32(littleEndian: bits))
        }
    }
}
