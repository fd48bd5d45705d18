public import Domain

/// Files' rows, as the asker may see and change them; the bytes are in the object store.
public protocol FileStore: Sendable {
    func files(_ filter: FileFilter, _ page: PageRequest, for principal: Principal) async throws -> Page
    func file(_ id: FileID, for principal: Principal) async throws -> JSONText
    /// A row that waits for its bytes.
    ///
    /// - Parameter size: bytes that must have room, or those that are known by now.
    func announce(_ file: NewFile, size: Int, for principal: Principal) async throws -> FileID
    /// The bytes are there: from now on they can be fetched, and are indexed. False when it had them already.
    func complete(_ id: FileID, with object: WholeObject, for principal: Principal) async throws -> Bool
    /// Where the bytes are; throws `notFound` for what the asker may not see, and for what has none yet.
    func content(_ id: FileID, for principal: Principal) async throws -> FileContent
    /// The asker's own file, whose content is to be replaced; throws `notFound` for all others.
    func ownContent(_ id: FileID, for principal: Principal) async throws -> FileContent
    /// Puts other bytes in place of those under a key, which are kept as a version. Nil when they are not there any
    /// more; otherwise the keys of objects that no row names any more.
    func replace(_ id: FileID, over key: String, with object: WholeObject, for principal: Principal) async throws
        -> [String]?
    /// What it held before, the latest first; its owner's alone, so that others are told of none.
    func versions(of id: FileID, for principal: Principal) async throws -> [JSONText]
    func content(of version: VersionID, of id: FileID, for principal: Principal) async throws -> FileContent
    /// From now on no address opens the file that was signed before. Owners do so.
    func endLinks(to id: FileID, for principal: Principal) async throws
    func change(_ id: FileID, _ change: FileChange, for principal: Principal) async throws -> JSONText
    /// The keys of objects that no row names any more.
    func delete(_ id: FileID, for principal: Principal) async throws -> [String]
}

/// What a file hangs on; its readers are those of that thing. Nothing: its owner alone.
public struct Attachment: Sendable {
    public var conversation: ConversationID?
    /// In that conversation; without one, in its own.
    public var message: MessageID?
    public var status: StatusID?
    public var schedule: ScheduleID?

    public init(
        conversation: ConversationID? = nil,
        message: MessageID? = nil,
        status: StatusID? = nil,
        schedule: ScheduleID? = nil
    ) throws {
        let place = conversation?.uuid ?? message?.uuid
        guard [place, status?.uuid, schedule?.uuid].compactMap({ $0 }).count <= 1 else {
            throw Limits.invalid(
                conversation == nil ? "status_id" : "conversation_id",
                "can be only one of conversation_id or message_id, status_id, schedule_id"
            )
        }
        self.conversation = conversation
        self.message = message
        self.status = status
        self.schedule = schedule
    }

    public var isEmpty: Bool { conversation == nil && message == nil && status == nil && schedule == nil }
}

public struct FileFilter: Sendable {
    public let attachment: Attachment

    public init(attachment: Attachment) {
        self.attachment = attachment
    }
}

public struct NewFile: Sendable {
    public let name: String
    public let contentType: String
    public let attachment: Attachment

    /// With parameters or without.
    public static var mediaType: Regex<(Substring, Substring?)> {
        /[a-zA-Z0-9!#$&^_.+\-]{1,100}\/[a-zA-Z0-9!#$&^_.+\-]{1,100}(;[^\r\n\0]{0,100})?/
    }

    public init(name: String, contentType: String, attachment: Attachment) throws {
        self.name = try FileName.checked(name)
        guard contentType.wholeMatch(of: Self.mediaType) != nil else {
            throw Limits.invalid("content_type", "must be a media type such as text/plain")
        }
        self.contentType = contentType
        self.attachment = attachment
    }
}

public struct FileChange: Sendable {
    public let name: String?
    /// Nil leaves it where it is; an empty one takes it off.
    public let attachment: Attachment?

    public init(name: String?, attachment: Attachment?) throws {
        self.name = try name.map(FileName.checked)
        self.attachment = attachment
    }
}

/// A name as people give it; it never becomes a path of ours.
enum FileName {
    static func checked(_ name: String) throws -> String {
        guard !name.isEmpty, name.utf8.count <= 255, !name.contains("/"), !name.contains("\\"), name != ".",
            name != "..",
            !name.unicodeScalars.contains(where: { $0.properties.generalCategory == .control })
        else { throw Limits.invalid("name", "must be a file's name of 1 to 255 bytes, without a path") }
        return name
    }
}

public struct FileContent: Sendable {
    public let name: String
    public let contentType: String
    public let key: String
    /// Bytes.
    public let size: Int
    public let sha256: String
    /// Changes when the addresses that were signed are ended.
    public let linkVersion: Int

    public init(name: String, contentType: String, key: String, size: Int, sha256: String, linkVersion: Int) {
        self.name = name
        self.contentType = contentType
        self.key = key
        self.size = size
        self.sha256 = sha256
        self.linkVersion = linkVersion
    }
}
