import Crypto
import Domain
import Foundation

/// A bucket at S3, or at something that speaks like it, and how it is asked.
public struct S3Bucket: Sendable {
    /// Such as `https://s3.eu-central-1.amazonaws.com`.
    public let endpoint: String
    public let name: String
    /// Before all keys, such as `labsync/`.
    public let prefix: String
    private let host: String
    private let signature: SignatureV4
    private let client: HTTPClient
    private let retries: RetryPolicy

    /// Nil when the endpoint is no http or https address of a host.
    public init?(
        endpoint: String,
        name: String,
        prefix: String,
        region: String,
        accessKey: String,
        secretKey: String,
        client: HTTPClient
    ) {
        guard let url = URL(string: endpoint), let host = url.host, ["http", "https"].contains(url.scheme),
            url.path.isEmpty || url.path == "/"
        else { return nil }
        self.endpoint = endpoint.hasSuffix("/") ? String(endpoint.dropLast()) : endpoint
        self.name = name
        self.prefix = prefix
        self.host = url.port.map { "\(host):\($0)" } ?? host
        signature = SignatureV4(accessKey: accessKey, secretKey: secretKey, region: region)
        self.client = client
        retries = RetryPolicy()
    }

    struct Call {
        var method: String
        /// Nil asks of the bucket itself.
        var key: String?
        var query: [String: String] = [:]
        var headers: [String: String] = [:]
        var body: Data?
        /// Seconds.
        var deadline = 120
    }

    /// The reply, once it is a good one; what fails in passing is asked again. `notFound` for what is not there.
    func reply(to call: Call) async throws -> HTTPReply {
        var attempt = 0
        while true {
            do {
                let reply = try await client.send(signed(call))
                if (200..<300).contains(reply.status) { return reply }
                if reply.status == 404 { throw PublicError.contentMissing }
                throw OutboundError.status(reply.status, retryAfter: RetryAfter.parse(reply.headers["retry-after"]))
            } catch let error as OutboundError {
                guard let delay = retries.delay(after: error, attempt: attempt, chance: .random(in: 0..<1)) else {
                    throw error
                }
                try await Task.sleep(for: delay)
                attempt += 1
            }
        }
    }

    /// The same, with a body of XML that is read to its end.
    func document(_ call: Call) async throws -> String {
        String(decoding: try await reply(to: call).collected(limit: 8 << 20), as: UTF8.self)
    }

    /// An address that whoever holds it may do one thing to one object with, sending just these headers.
    func address(
        _ method: String,
        _ key: String,
        query: [String: String] = [:],
        headers: [String: String] = [:],
        seconds: Int
    ) -> String {
        let request = SignatureV4.Request(method, host: host, path: path(key), query: query, headers: headers)
        return endpoint + signature.presigned(request, seconds: seconds, at: Date())
    }

    private func signed(_ call: Call) -> HTTPCall {
        var headers = call.headers
        // Without one curl would name a form's.
        if call.body != nil { headers["content-type"] = headers["content-type"] ?? "application/octet-stream" }
        let request = SignatureV4.Request(
            call.method,
            host: host,
            path: path(call.key),
            query: call.query,
            headers: headers
        )
        headers = signature.headers(
            for: request,
            payload: SHA256.hash(data: call.body ?? Data()).hexadecimal,
            at: Date()
        )
        if call.body?.isEmpty == true { headers["Content-Length"] = "0" }
        let query = request.escapedQuery
        return HTTPCall(
            call.method,
            "\(endpoint)\(request.escapedPath)\(query.isEmpty ? "" : "?\(query)")",
            headers: headers,
            body: call.body?.isEmpty == true ? nil : call.body,
            deadline: .seconds(call.deadline)
        )
    }

    private func path(_ key: String?) -> String { key.map { "/\(name)/\(prefix)\($0)" } ?? "/\(name)" }
}

/// The few things that are read from S3's XML.
enum S3Document {
    /// What stands between the tags of a name, each time.
    static func elements(_ name: String, in document: some StringProtocol) -> [String] {
        var found: [String] = []
        var rest = Substring(document)
        while let open = rest.range(of: "<\(name)>"), let close = rest[open.upperBound...].range(of: "</\(name)>") {
            found.append(String(rest[open.upperBound..<close.lowerBound]))
            rest = rest[close.upperBound...]
        }
        return found
    }

    static func text(_ name: String, in document: some StringProtocol) -> String? {
        elements(name, in: document).first.map {
            $0.replacing("&lt;", with: "<").replacing("&gt;", with: ">").replacing("&quot;", with: "\"")
                .replacing("&apos;", with: "'").replacing("&amp;", with: "&")
        }
    }

    static func time(_ name: String, in document: some StringProtocol) -> Date? {
        guard let text = text(name, in: document) else { return nil }
        return (try? Date(text, strategy: .iso8601.year().month().day().time(includingFractionalSeconds: true)))
            ?? (try? Date(text, strategy: .iso8601))
    }
}
