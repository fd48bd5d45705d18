import Assistant
import Domain
import Foundation
import HTTPTypes
import Hummingbird

extension StorageRoutes {
    private static let mostPaths = 1000
    /// Seconds; ten years.
    private static let longestLife = 315_360_000

    @Sendable
    func sign(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let principal = try context.principal()
        let place = try place(request, after: "sign/")
        let life = try Self.life(try await body(request, context))
        let object = try await object(at: place, for: principal)
        let signed: JSONValue = ["signedURL": .text(try address(of: object, life, principal))]
        return .json(try signed.data())
    }

    @Sendable
    func signMany(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let principal = try context.principal()
        let bucket = try await requireBucket(try bucketName(context), for: principal)
        let body = try await body(request, context)
        let life = try Self.life(body)
        guard let paths = body["paths"]?.list?.map(\.text), paths.count <= Self.mostPaths, !paths.contains(nil) else {
            throw StorageError.invalid("paths must be a list of at most \(Self.mostPaths) texts")
        }
        var list: [JSONValue] = []
        for path in paths.compactMap(\.self) {
            let place = ObjectPlace(bucket: bucket.id, path: path)
            if let place, let object = try await store.object(at: place, for: principal) {
                let address = try address(of: object, life, principal)
                list.append(["error": .null, "path": .text(path), "signedURL": .text(address)])
            } else {
                let error = "Either the object does not exist or you do not have access to it"
                list.append(["error": .text(error), "path": .text(path), "signedURL": .null])
            }
        }
        return .json(try JSONValue.list(list).data())
    }

    @Sendable
    func signUpload(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let principal = try context.principal()
        let place = try place(request, after: "upload/sign/")
        _ = try await requireBucket(place.bucket, for: principal)
        let upserts = Self.upserts(request)
        try await ObjectRefusal.named {
            try await store.requireStorable(at: place, upserts ? .createOrReplace : .create, size: 0, for: principal)
        }
        let now = Int(Date().timeIntervalSince1970)
        let token = try tokens.token(
            .init(
                url: place.description,
                scope: .upload,
                owner: principal.user,
                upsert: upserts,
                iat: now,
                exp: now + StorageTokens.uploadLife
            )
        )
        let url = "/object/upload/sign/\(Self.escaped(place))?token=\(token)"
        return .json(try (["url": .text(url), "token": .text(token)] as JSONValue).data())
    }

    static func upserts(_ request: Request) -> Bool {
        HTTPField.Name("x-upsert").flatMap { request.headers[$0] }?.lowercased() == "true"
    }

    private func address(of object: BucketObject, _ life: Int, _ principal: Principal) throws -> String {
        let now = Int(Date().timeIntervalSince1970)
        let token = try tokens.token(
            .init(
                url: object.place.description,
                scope: .download,
                owner: principal.user,
                file: object.id,
                version: object.content.linkVersion,
                iat: now,
                exp: now + life
            )
        )
        return "/object/sign/\(Self.escaped(object.place))?token=\(token)"
    }

    private static func escaped(_ place: ObjectPlace) -> String {
        let safe = CharacterSet.alphanumerics.union(CharacterSet(charactersIn: "/-._~!$&'()*+,;=:@"))
        return place.description.addingPercentEncoding(withAllowedCharacters: safe) ?? ""
    }

    /// A number, or text of one as storage3 sends it.
    private static func life(_ body: JSONValue) throws -> Int {
        guard let value = body["expiresIn"], let life = value.integer ?? value.text.flatMap(Int.init),
            (1...longestLife).contains(life)
        else { throw StorageError.invalid("expiresIn must be seconds from 1 to \(longestLife)") }
        return life
    }
}
