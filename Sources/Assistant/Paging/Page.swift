public import Domain

/// A part of a list.
public struct Page: Sendable {
    public let rows: [JSONText]
    /// Where the next page goes on, in the same direction; nil at the end.
    public let next: PageCursor?

    public init(rows: [JSONText], next: PageCursor?) {
        self.rows = rows
        self.next = next
    }
}

/// What a POST made, or had made already.
public struct Created: Sendable {
    public let row: JSONText
    /// True when an earlier request with the same key made it.
    public let isReplay: Bool
    /// True when nothing was made, since what was asked for was there.
    public let wasThere: Bool

    public init(row: JSONText, isReplay: Bool, wasThere: Bool = false) {
        self.row = row
        self.isReplay = isReplay
        self.wasThere = wasThere
    }
}

/// Makes a repeated request have one effect: the client's key, and what it was used for first.
public struct Once: Sendable {
    public static let longestKey = 255

    public let key: String
    /// Method and path.
    public let request: String
    /// SHA-256 of the body.
    public let bodyHash: [UInt8]

    public init(key: String, request: String, bodyHash: [UInt8]) {
        self.key = key
        self.request = request
        self.bodyHash = bodyHash
    }
}
