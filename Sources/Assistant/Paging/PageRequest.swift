public import Foundation

/// Which part of a list is wanted: so many rows before or after a point, in the list's total order.
public struct PageRequest: Sendable {
    public static let longest = 100
    public static let usual = 50

    public enum Point: Sendable, Equatable {
        /// Where another page ended.
        case cursor(PageCursor)
        case time(Date)
        /// A row of the list, by its id.
        case row(UUID)
    }

    public enum Direction: Sendable, Equatable {
        /// Newest first, from the end or from before a point.
        case before(Point?)
        /// Oldest first, from the beginning or from after a point.
        case after(Point?)
    }

    public let direction: Direction
    public let limit: Int

    public init(_ direction: Direction = .before(nil), limit: Int = usual) {
        self.direction = direction
        self.limit = limit
    }
}

/// The place of one row in a list: what the list is sorted by, then the id.
public struct PageCursor: Sendable, Hashable, LosslessStringConvertible {
    /// As the database writes it: a time to the microsecond.
    public let sortValue: String
    public let id: UUID

    public init(sortValue: String, id: UUID) {
        self.sortValue = sortValue
        self.id = id
    }

    /// Nil for what no page handed out.
    public init?(_ description: String) {
        let base64 = description.replacingOccurrences(of: "-", with: "+").replacingOccurrences(of: "_", with: "/")
        let padding = String(repeating: "=", count: (4 - base64.count % 4) % 4)
        guard description.utf8.count <= 200, let data = Data(base64Encoded: base64 + padding),
            let text = String(data: data, encoding: .utf8)
        else { return nil }
        let parts = text.split(separator: "|", omittingEmptySubsequences: false)
        guard parts.count == 2, let id = UUID(uuidString: String(parts[1])), Self.isTime(parts[0]) else { return nil }
        self.init(sortValue: String(parts[0]), id: id)
    }

    public var description: String {
        Data("\(sortValue)|\(id.uuidString)".utf8).base64EncodedString()
            .replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_")
            .replacingOccurrences(of: "=", with: "")
    }

    private static func isTime(_ text: Substring) -> Bool {
        text.wholeMatch(of: /\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?\+00/) != nil
    }
}
