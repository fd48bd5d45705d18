public import Domain
public import Foundation

/// Buckets and the objects in them, as the asker may see and change them. An object is a file with a path.
public protocol BucketStore: Sendable {
    func buckets(for principal: Principal) async throws -> [JSONText]
    /// Nil for what is not there and for what the asker may not see.
    func bucket(_ id: String, for principal: Principal) async throws -> Bucket?
    func create(_ bucket: NewBucket, for principal: Principal) async throws
    /// False when there is no such bucket, or not for the asker to change.
    func change(_ id: String, _ change: BucketChange, for principal: Principal) async throws -> Bool
    func delete(_ id: String, for principal: Principal) async throws -> Bool
}

/// The objects of buckets. Nil stands for what is not there and for what the asker may not see.
public protocol BucketObjectStore: Sendable {
    func object(at place: ObjectPlace, for principal: Principal) async throws -> BucketObject?
    func object(_ id: FileID, for principal: Principal) async throws -> BucketObject?
    /// What anybody who has the address may fetch.
    func publicObject(at place: ObjectPlace) async throws -> BucketObject?

    /// Throws what `store` would throw, and stores nothing: asked before the bytes come.
    ///
    /// - Parameter size: bytes, as far as they are known.
    func requireStorable(at place: ObjectPlace, _ mode: StoringMode, size: Int, for principal: Principal) async throws
    func store(_ object: NewObject, at place: ObjectPlace, _ mode: StoringMode, for principal: Principal) async throws
        -> StoringOutcome
    func move(from source: ObjectPlace, to target: ObjectPlace, for principal: Principal) async throws -> FileID?
    func copy(
        from source: ObjectPlace,
        to target: ObjectPlace,
        _ mode: StoringMode,
        for principal: Principal
    ) async throws -> StoringOutcome?
    func remove(_ paths: [String], from bucket: String, for principal: Principal) async throws -> Removal
    /// Everything in it that the asker may see and delete.
    func removeAll(from bucket: String, for principal: Principal) async throws -> Removal

    func list(_ listing: FolderListing, for principal: Principal) async throws -> JSONText
    func list(_ listing: KeyListing, for principal: Principal) async throws -> KeyPage
}

public struct Bucket: Sendable {
    public let id: String
    public let isPublic: Bool
    /// Bytes.
    public let largestFile: Int?
    /// Such as `image/png` and `image/*`; nil allows any.
    public let allowedTypes: [String]?
    public let json: JSONText

    public init(id: String, isPublic: Bool, largestFile: Int?, allowedTypes: [String]?, json: JSONText) {
        self.id = id
        self.isPublic = isPublic
        self.largestFile = largestFile
        self.allowedTypes = allowedTypes
        self.json = json
    }

    /// Compared without parameters, as in `text/plain;charset=UTF-8`.
    public func allows(_ contentType: String) -> Bool {
        allowedTypes.map { MediaType(contentType).matches(anyOf: $0) } ?? true
    }
}

public struct NewBucket: Sendable {
    public let id: String
    public let name: String
    public let isPublic: Bool
    public let largestFile: Int?
    public let allowedTypes: [String]?

    public init(id: String, name: String, isPublic: Bool, largestFile: Int?, allowedTypes: [String]?) {
        self.id = id
        self.name = name
        self.isPublic = isPublic
        self.largestFile = largestFile
        self.allowedTypes = allowedTypes
    }
}

/// Nil leaves a value as it is; `.some(nil)` takes a limit away.
public struct BucketChange: Sendable {
    public let isPublic: Bool?
    public let largestFile: Int??
    public let allowedTypes: [String]??

    public init(isPublic: Bool?, largestFile: Int??, allowedTypes: [String]??) {
        self.isPublic = isPublic
        self.largestFile = largestFile
        self.allowedTypes = allowedTypes
    }
}

/// What there is of the asker's own at a place decides what may be done there.
public enum StoringMode: Sendable {
    case create
    case createOrReplace
    case replace
}

public struct NewObject: Sendable {
    public let contentType: String
    public let cacheControl: String?
    /// A JSON object.
    public let metadata: JSONText?
    public let key: String
    public let digest: ObjectDigest

    public init(contentType: String, cacheControl: String?, metadata: JSONText?, key: String, digest: ObjectDigest) {
        self.contentType = contentType
        self.cacheControl = cacheControl
        self.metadata = metadata
        self.key = key
        self.digest = digest
    }
}

public struct StoringOutcome: Sendable {
    public let id: FileID
    /// Keys of objects that no row names any more.
    public let given: [String]

    public init(id: FileID, given: [String]) {
        self.id = id
        self.given = given
    }
}

public struct Removal: Sendable {
    public let rows: [JSONText]
    /// Keys of objects that no row names any more.
    public let given: [String]

    public init(rows: [JSONText], given: [String]) {
        self.rows = rows
        self.given = given
    }
}

public struct BucketObject: Sendable {
    public let id: FileID
    public let content: FileContent
    public let place: ObjectPlace
    public let cacheControl: String?
    public let changed: Date
    public let json: JSONText

    public init(
        id: FileID,
        content: FileContent,
        place: ObjectPlace,
        cacheControl: String?,
        changed: Date,
        json: JSONText
    ) {
        self.id = id
        self.content = content
        self.place = place
        self.cacheControl = cacheControl
        self.changed = changed
        self.json = json
    }
}
