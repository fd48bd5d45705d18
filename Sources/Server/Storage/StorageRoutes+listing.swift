import Assistant
import Domain
import Foundation
import Hummingbird

extension StorageRoutes {
    private static let longestList = 1000

    @Sendable
    func list(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let principal = try context.principal()
        let bucket = try await requireBucket(try bucketName(context), for: principal)
        let body = try await body(request, context)
        let order = body["sortBy"]
        let listing = FolderListing(
            bucket: bucket.id,
            folder: String((body["prefix"]?.text ?? "").drop { $0 == "/" }),
            search: body["search"]?.text ?? "",
            limit: try number(body["limit"], 1...Self.longestList, "limit") ?? 100,
            offset: try number(body["offset"], 0...1_000_000_000, "offset") ?? 0,
            column: order?["column"]?.text.flatMap(FolderListing.Column.init) ?? .name,
            isDescending: order?["order"]?.text?.lowercased() == "desc"
        )
        return .json(try await store.list(listing, for: principal))
    }

    @Sendable
    func listKeys(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let principal = try context.principal()
        let bucket = try await requireBucket(try bucketName(context), for: principal)
        let body = try await body(request, context)
        let order = body["sortBy"]
        let listing = KeyListing(
            bucket: bucket.id,
            prefix: body["prefix"]?.text ?? "",
            hasDelimiter: body["with_delimiter"]?.flag ?? false,
            column: order?["column"]?.text.flatMap(FolderListing.Column.init) ?? .name,
            isDescending: order?["order"]?.text?.lowercased() == "desc",
            limit: try number(body["limit"], 1...Self.longestList, "limit") ?? Self.longestList,
            after: try body["cursor"]?.text.map(Self.cursor)
        )
        let page = try await store.list(listing, for: principal)
        let next = try page.next.map { "\"\(Base64URL.encoded(try JSONEncoder().encode($0)))\"" }
        func joined(_ rows: [JSONText]) -> String { rows.map(\.text).joined(separator: ",") }
        return .json(
            JSONText(
                """
                {"hasNext":\(next != nil),"nextCursor":\(next ?? "null"),\
                "folders":[\(joined(page.folders))],"objects":[\(joined(page.objects))]}
                """
            )
        )
    }

    private static func cursor(_ text: String) throws -> KeyCursor {
        guard text.utf8.count < 8192, let data = Base64URL.decoded(text),
            let cursor = try? JSONDecoder().decode(KeyCursor.self, from: data),
            !(cursor.value + cursor.path).utf8.contains(0)
        else { throw StorageError.invalid("cursor is not one that a list gave") }
        return cursor
    }

    private func number(_ value: JSONValue?, _ range: ClosedRange<Int>, _ name: String) throws -> Int? {
        guard let value else { return nil }
        guard let number = value.integer, range.contains(number) else {
            throw StorageError.invalid("\(name) must be a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }
}
