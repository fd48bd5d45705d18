public import Domain
public import Foundation

/// Uploads that come piece by piece, as their sender may see and continue them.
public protocol UploadStore: Sendable {
    func begin(_ upload: NewUpload, for principal: Principal) async throws -> UploadID
    /// Nil for what is not there, is over, or is another's.
    func upload(_ id: UploadID, for principal: Principal) async throws -> Upload?
    /// False when it does not begin where the upload ends by now.
    func add(_ part: UploadPart, to id: UploadID, for principal: Principal) async throws -> Bool
    /// In their order.
    func parts(of id: UploadID, for principal: Principal) async throws -> [UploadPart]
    /// Puts the whole in its place, at once with the end of the upload. Nil when somebody else did.
    func finish(_ id: UploadID, with object: WholeObject, for principal: Principal) async throws -> StoringOutcome?
    /// The keys of objects that no row names any more.
    func cancel(_ id: UploadID, for principal: Principal) async throws -> [String]
}

/// Where the bytes of an upload go once they are all there.
public enum UploadTarget: Sendable {
    /// A file that was announced.
    case file(FileID)
    case bucket(ObjectPlace, replaces: Bool)
}

public struct NewUpload: Sendable {
    public let target: UploadTarget
    public let contentType: String
    public let cacheControl: String?
    /// A JSON object.
    public let metadata: JSONText?
    /// Bytes.
    public let length: Int

    public init(
        target: UploadTarget,
        contentType: String,
        cacheControl: String? = nil,
        metadata: JSONText? = nil,
        length: Int
    ) {
        self.target = target
        self.contentType = contentType
        self.cacheControl = cacheControl
        self.metadata = metadata
        self.length = length
    }

    /// Seconds after its last piece that an upload may be continued.
    public static let life = 86_400
}

public struct Upload: Sendable {
    public let id: UploadID
    public let target: UploadTarget
    public let contentType: String
    /// Bytes.
    public let length: Int
    public let received: Int
    public let isFinished: Bool
    public let expires: Date

    public init(
        id: UploadID,
        target: UploadTarget,
        contentType: String,
        length: Int,
        received: Int,
        isFinished: Bool,
        expires: Date
    ) {
        self.id = id
        self.target = target
        self.contentType = contentType
        self.length = length
        self.received = received
        self.isFinished = isFinished
        self.expires = expires
    }
}

public struct UploadPart: Sendable {
    /// Bytes before it.
    public let start: Int
    public let key: String
    public let digest: ObjectDigest

    public init(start: Int, key: String, digest: ObjectDigest) {
        self.start = start
        self.key = key
        self.digest = digest
    }
}

public struct WholeObject: Sendable {
    public let key: String
    public let digest: ObjectDigest
    public let contentType: String

    public init(key: String, digest: ObjectDigest, contentType: String) {
        self.key = key
        self.digest = digest
        self.contentType = contentType
    }
}
