public import Domain
public import Foundation

/// Small pictures of files, drawn when somebody first asks and then kept.
public struct Thumbnails: Sendable {
    private let store: any ThumbnailStore
    private let maker: any ThumbnailMaker
    private let turns = DrawingTurns()

    public init(store: any ThumbnailStore, maker: any ThumbnailMaker) {
        self.store = store
        self.maker = maker
    }

    /// PNG; nil where there is nothing to draw.
    public func thumbnail(_ id: FileID, of file: FileToRead, for principal: Principal) async throws -> Data? {
        if let kept = try await store.drawing(id, of: file.objectKey, for: principal) { return kept.picture }
        return try await turns.withTurn {
            // Whoever had the turn before may have drawn it.
            if let kept = try await store.drawing(id, of: file.objectKey, for: principal) { return kept.picture }
            let drawing = Drawing(picture: try await maker.thumbnail(of: file))
            try await store.keep(drawing, id, of: file.objectKey)
            return drawing.picture
        }
    }
}

/// Draws what is in files.
public protocol ThumbnailMaker: Sendable {
    /// PNG; nil for what has no picture, or is too large or too damaged to be drawn.
    func thumbnail(of file: FileToRead) async throws -> Data?
}

/// Where drawn pictures are kept.
public protocol ThumbnailStore: Sendable {
    /// Nil before it was tried, and for whom may not see the file.
    func drawing(_ id: FileID, of objectKey: String, for principal: Principal) async throws -> Drawing?
    /// Kept for as long as the file holds that object.
    func keep(_ drawing: Drawing, _ id: FileID, of objectKey: String) async throws
}

/// What came of drawing a file.
public struct Drawing: Sendable {
    public let picture: Data?

    public init(picture: Data?) {
        self.picture = picture
    }
}

/// Lets a few draw at a time, and some wait.
private actor DrawingTurns {
    private static let mostWaiting = 32
    private var free = 2
    private var waiting: [CheckedContinuation<Void, Never>] = []

    func withTurn<Result: Sendable>(_ body: @Sendable () async throws -> Result) async throws -> Result {
        try await take()
        defer { give() }
        return try await body()
    }

    private func take() async throws {
        guard free == 0 else {
            free -= 1
            return
        }
        guard waiting.count < Self.mostWaiting else {
            throw PublicError(.unavailable, "Too many pictures are being drawn. Ask again in a moment.", retryAfter: 2)
        }
        await withCheckedContinuation { waiting.append($0) }
    }

    private func give() {
        if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
    }
}
