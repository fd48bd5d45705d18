import Assistant
import Domain
import Foundation
import HTTPTypes
import Hummingbird

/// `/storage/v1`: buckets and objects as Supabase's clients know them.
struct StorageRoutes {
    let buckets: any BucketStore
    let store: any BucketObjectStore
    let objects: any ObjectStore
    let tokens: StorageTokens
    let policy: StoragePolicy

    static let root = "/storage/v1"

    func add(to router: some RouterMethods<LabsyncContext>) {
        router.group("/storage/v1/bucket")
            .get(use: listBuckets)
            .post(use: createBucket)
            .get("{bucket}", use: bucket)
            .put("{bucket}", use: changeBucket)
            .delete("{bucket}", use: deleteBucket)
            .post("{bucket}/empty", use: emptyBucket)
        router.group("/storage/v1/object")
            .post("list/{bucket}", use: list)
            .post("list-v2/{bucket}", use: listKeys)
            .post("move", use: move)
            .post("copy", use: copy)
            .post("sign/{bucket}", use: signMany)
            .post("sign/{bucket}/**", use: sign)
            .get("sign/{bucket}/**", use: fetchSigned)
            .head("sign/{bucket}/**", use: fetchSigned)
            .post("upload/sign/{bucket}/**", use: signUpload)
            .put("upload/sign/{bucket}/**", use: uploadSigned)
            .get("public/{bucket}/**", use: fetchPublic)
            .head("public/{bucket}/**", use: fetchPublic)
            .get("authenticated/{bucket}/**", use: fetchAuthenticated)
            .head("authenticated/{bucket}/**", use: fetchAuthenticated)
            .get("info/{bucket}/**", use: info)
            .get("info/authenticated/{bucket}/**", use: info)
            .get("info/public/{bucket}/**", use: publicInfo)
            .delete("{bucket}", use: removeMany)
            .post("{bucket}/**", use: upload)
            .put("{bucket}/**", use: replace)
            .get("{bucket}/**", use: fetch)
            .head("{bucket}/**", use: fetch)
            .delete("{bucket}/**", use: remove)
    }

    // MARK: Addresses

    /// The bucket and path that follow something in the address; each is decoded once.
    func place(_ request: Request, after prefix: String) throws -> ObjectPlace {
        guard let rest = request.uri.path.trimmingPrefix("\(Self.root)/object/\(prefix)").removingPercentEncoding,
            let slash = rest.firstIndex(of: "/")
        else { throw StorageError.invalidKey("") }
        return try place(String(rest[..<slash]), String(rest[rest.index(after: slash)...]))
    }

    func place(_ bucket: String, _ path: String) throws -> ObjectPlace {
        guard ObjectPlace.isBucketName(bucket) else { throw StorageError.invalidBucketName }
        guard let place = ObjectPlace(bucket: bucket, path: path) else { throw StorageError.invalidKey(path) }
        return place
    }

    func bucketName(_ context: LabsyncContext) throws -> String {
        guard let name = context.parameters.get("bucket")?.removingPercentEncoding, ObjectPlace.isBucketName(name)
        else { throw StorageError.noSuchBucket }
        return name
    }

    func requireBucket(_ name: String, for principal: Principal) async throws -> Bucket {
        guard let bucket = try await buckets.bucket(name, for: principal) else { throw StorageError.noSuchBucket }
        return bucket
    }

    /// A request's JSON body; any object, since clients send more than is read.
    func body(_ request: Request, _ context: LabsyncContext) async throws -> JSONValue {
        let buffer = try await request.body.collect(upTo: context.maxUploadSize)
        guard buffer.readableBytes > 0 else { return [:] }
        guard let value = try? JSONValue(Data(buffer.readableBytesView)), case .object = value else {
            throw StorageError.invalid("The body must be a JSON object")
        }
        guard !buffer.readableBytesView.contains(0), !value.hasNUL else {
            throw StorageError.invalid("Text must not contain the NUL character")
        }
        return value
    }
}

extension JSONValue {
    fileprivate var hasNUL: Bool {
        switch self {
        case .text(let text): text.utf8.contains(0)
        case .list(let list): list.contains(where: \.hasNUL)
        case .object(let fields): fields.contains { $0.key.utf8.contains(0) || $0.value.hasNUL }
        case .null, .bool, .integer, .number: false
        }
    }
}
