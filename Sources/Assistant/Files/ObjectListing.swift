public import Domain

/// One folder's objects and subfolders.
public struct FolderListing: Sendable {
    public enum Column: String, Sendable, CaseIterable {
        case name
        case updatedAt = "updated_at"
        case createdAt = "created_at"
        case lastAccessedAt = "last_accessed_at"
    }

    public let bucket: String
    /// Empty, or ends with a slash.
    public let folder: String
    /// What names begin with, whatever their case.
    public let search: String
    public let limit: Int
    public let offset: Int
    public let column: Column
    public let isDescending: Bool

    public init(
        bucket: String,
        folder: String,
        search: String,
        limit: Int,
        offset: Int,
        column: Column,
        isDescending: Bool
    ) {
        self.bucket = bucket
        self.folder = folder.isEmpty || folder.hasSuffix("/") ? folder : folder + "/"
        self.search = search
        self.limit = limit
        self.offset = offset
        self.column = column
        self.isDescending = isDescending
    }
}

/// Objects by their whole paths, page by page; with a delimiter, what lies deeper is told as folders.
public struct KeyListing: Sendable {
    public let bucket: String
    public let prefix: String
    public let hasDelimiter: Bool
    public let column: FolderListing.Column
    public let isDescending: Bool
    public let limit: Int
    public let after: KeyCursor?

    public init(
        bucket: String,
        prefix: String,
        hasDelimiter: Bool,
        column: FolderListing.Column,
        isDescending: Bool,
        limit: Int,
        after: KeyCursor?
    ) {
        self.bucket = bucket
        self.prefix = prefix
        self.hasDelimiter = hasDelimiter
        self.column = column
        self.isDescending = isDescending
        self.limit = limit
        self.after = after
    }
}

/// The last entry that was given: what it is sorted by, and its path.
public struct KeyCursor: Sendable, Codable {
    public let value: String
    public let path: String

    public init(value: String, path: String) {
        self.value = value
        self.path = path
    }
}

public struct KeyPage: Sendable {
    public let folders: [JSONText]
    public let objects: [JSONText]
    public let next: KeyCursor?

    public init(folders: [JSONText], objects: [JSONText], next: KeyCursor?) {
        self.folders = folders
        self.objects = objects
        self.next = next
    }
}
