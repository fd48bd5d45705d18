import Domain

/// What has come of one scope while an index is loaded, and where its vectors are put.
struct LoadingShelf: Sendable {
    struct Name: Hashable, Sendable {
        let scope: Scope
        /// A file's passages must be in one segment, so these wait for the last of them.
        let isOfFiles: Bool
    }

    /// A scope's passages become a segment when there are so many.
    private static let segmentSize = 16_384

    let name: Name
    let place: Partition.Place
    private(set) var contents: SegmentContents
    /// Where the vectors of `contents` are; nil when they are in it.
    private(set) var room: VectorRoom?
    /// The room for the last of them, in a block with other scopes.
    var shared: VectorRoom?
    private var isInShared = false
    private var isSharedUsed = false
    /// Segments that are to be filled before, each with a block of its own.
    private var fullSegments: Int
    let sharedCount: Int

    init(_ expected: ExpectedPassages, _ shape: Segment.Shape) {
        let isWhole = expected.areOfFiles
        self.init(
            Name(scope: expected.scope, isOfFiles: expected.areOfFiles),
            shape,
            fullSegments: isWhole ? 0 : expected.count / Self.segmentSize,
            sharedCount: isWhole ? expected.count : expected.count % Self.segmentSize
        )
    }

    /// One that nobody expected.
    init(_ name: Name, _ shape: Segment.Shape) {
        self.init(name, shape, fullSegments: 0, sharedCount: 0)
    }

    private init(_ name: Name, _ shape: Segment.Shape, fullSegments: Int, sharedCount: Int) {
        self.name = name
        self.fullSegments = fullSegments
        self.sharedCount = sharedCount
        place = Partition.Place(name.scope)
        contents = SegmentContents(shape: shape)
    }

    /// The vectors of `contents` are in the shared block.
    var endsInShared: Bool { isInShared && !contents.rows.isEmpty }

    /// What has become large enough for a segment.
    ///
    /// - Parameter vector: float32, little endian; nil when the passage has it in its embeddings.
    mutating func add(_ passage: Passage, _ vector: UnsafeRawBufferPointer?, _ reader: TextReader) -> LoadingShelf? {
        if contents.rows.isEmpty { begin() }
        if contents.shape.keepsVectors { keep(vector, of: passage) }
        contents.append(passage, reader)
        guard !name.isOfFiles, contents.rows.count == Self.segmentSize else { return nil }
        let full = self
        contents = SegmentContents(shape: contents.shape)
        (room, isInShared) = (nil, false)
        return full
    }

    private mutating func begin() {
        if fullSegments > 0 {
            fullSegments -= 1
            if contents.shape.keepsVectors {
                room = VectorRoom(dimension: contents.shape.dimension, count: Self.segmentSize)
            }
            contents.reserve(Self.segmentSize)
        } else if !isSharedUsed {
            (room, isInShared, isSharedUsed) = (shared, shared != nil, true)
            contents.reserve(sharedCount)
        }
    }

    private mutating func keep(_ vector: UnsafeRawBufferPointer?, of passage: Passage) {
        let row = contents.rows.count
        if let room, row >= room.count {
            // More than were expected.
            contents.vectors = (0..<row).map(room.vector)
            (self.room, isInShared) = (nil, false)
        }
        if let room {
            if let vector {
                room.write(vector, to: row)
            } else if let numbers = passage.embeddings[.passage] {
                numbers.withUnsafeBytes { room.write($0, to: row) }
            } else {
                room.clear(row..<(row + 1))
            }
        } else {
            let numbers = vector.map { [Float](littleEndian: $0) } ?? passage.embeddings[.passage]
            contents.vectors.append(numbers ?? [Float](repeating: 0, count: contents.shape.dimension))
        }
    }

    /// By time.
    mutating func sort() {
        if let order = contents.sort() { room?.reorder(order) }
    }

    /// With a block of its own.
    func segment() -> Segment {
        var sorted = self
        sorted.sort()
        let (dimension, count) = (contents.shape.dimension, contents.rows.count)
        guard let room else { return Segment(sorted.contents) }
        return Segment(
            sorted.contents,
            vectors: VectorRows(of: VectorBlock(dimension: dimension, count: count, filled: room.floats))
        )
    }
}
