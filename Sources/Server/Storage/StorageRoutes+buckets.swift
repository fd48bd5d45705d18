import Assistant
import Domain
import Foundation
import Hummingbird

extension StorageRoutes {
    @Sendable
    func listBuckets(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        .jsonList(try await buckets.buckets(for: try context.principal()))
    }

    @Sendable
    func bucket(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        .json(try await requireBucket(try bucketName(context), for: try context.principal()).json)
    }

    @Sendable
    func createBucket(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let principal = try context.principal()
        let body = try await body(request, context)
        guard let id = body["id"]?.text ?? body["name"]?.text, ObjectPlace.isBucketName(id) else {
            throw StorageError.invalidBucketName
        }
        let bucket = NewBucket(
            id: id,
            name: body["name"]?.text ?? id,
            isPublic: body["public"]?.flag ?? false,
            largestFile: try Self.size(body) ?? nil,
            allowedTypes: try Self.types(body) ?? nil
        )
        do {
            try await ObjectRefusal.named { try await buckets.create(bucket, for: principal) }
        } catch let error as PublicError where error.code == .conflict {
            throw StorageError(PublicError(.conflict, "The resource already exists"))
        }
        return .json(JSONText(String(decoding: try (["name": .text(id)] as JSONValue).data(), as: UTF8.self)))
    }

    @Sendable
    func changeBucket(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let principal = try context.principal()
        let name = try bucketName(context)
        let body = try await body(request, context)
        let change = BucketChange(
            isPublic: body["public"]?.flag,
            largestFile: try Self.size(body),
            allowedTypes: try Self.types(body)
        )
        if try await !buckets.change(name, change, for: principal) {
            _ = try await requireBucket(name, for: principal)
            throw StorageError.denied
        }
        return .message("Successfully updated")
    }

    @Sendable
    func emptyBucket(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let principal = try context.principal()
        let name = try bucketName(context)
        _ = try await requireBucket(name, for: principal)
        await objects.discard(try await store.removeAll(from: name, for: principal).given)
        return .message("Successfully emptied")
    }

    @Sendable
    func deleteBucket(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let principal = try context.principal()
        let name = try bucketName(context)
        do {
            if try await !buckets.delete(name, for: principal) {
                _ = try await requireBucket(name, for: principal)
                throw StorageError.denied
            }
        } catch let error as PublicError where error.code == .conflict {
            throw StorageError(
                statusCode: 409,
                error: "InvalidRequest",
                message: error.sentence,
                code: "ResourceNotEmpty"
            )
        }
        return .message("Successfully deleted")
    }

    /// Bytes, or text such as `20MB` in decimal units. Nil when it is not given, `.some(nil)` for null.
    private static func size(_ body: JSONValue) throws -> Int?? {
        guard case .object(let fields) = body, let value = fields["file_size_limit"] else { return nil }
        if value == .null { return .some(nil) }
        if let number = value.integer, number >= 0 { return number }
        guard let match = value.text?.lowercased().wholeMatch(of: /(\d{1,15})(?:\.(\d{1,3}))? ?([kmgt]?)b?/) else {
            throw StorageError.invalid("file_size_limit must be bytes or a size such as 20MB")
        }
        let units: [String: Double] = ["k": 1e3, "m": 1e6, "g": 1e9, "t": 1e12]
        let unit = units[String(match.output.3)] ?? 1
        let number = Double("\(match.output.1).\(match.output.2 ?? "0")") ?? 0
        guard number * unit < 1e15 else { throw StorageError.invalid("file_size_limit is too large") }
        return Int(number * unit)
    }

    private static func types(_ body: JSONValue) throws -> [String]?? {
        guard case .object(let fields) = body, let value = fields["allowed_mime_types"] else { return nil }
        if value == .null { return .some(nil) }
        let types = value.list?.compactMap(\.text)
        guard let types, types.count == value.list?.count, types.count <= 100,
            types.allSatisfy({
                $0.wholeMatch(of: /[a-zA-Z0-9!#$&^_.+*\-]{1,100}\/[a-zA-Z0-9!#$&^_.+*\-]{1,100}/) != nil
            })
        else { throw StorageError.invalid("allowed_mime_types must be a list of types such as image/png or image/*") }
        return types
    }
}

/// Policies refuse without words; this protocol has some.
enum ObjectRefusal {
    static func named<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let error as PublicError where error.code == .forbidden {
            throw StorageError.denied
        }
    }
}

extension Response {
    static func message(_ text: String) -> Response {
        .json(JSONText("{\"message\":\"\(text)\"}"))
    }

    static func jsonList(_ rows: [JSONText]) -> Response {
        .json(JSONText("[\(rows.map(\.text).joined(separator: ","))]"))
    }
}
