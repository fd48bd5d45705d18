import Crypto
package import Foundation

/// AWS Signature Version 4, as S3 and what speaks like it ask for.
package struct SignatureV4: Sendable {
    package let accessKey: String
    private let secretKey: String
    private let region: String
    private let service = "s3"
    private static let algorithm = "AWS4-HMAC-SHA256"

    package init(accessKey: String, secretKey: String, region: String) {
        self.accessKey = accessKey
        self.secretKey = secretKey
        self.region = region
    }

    /// What is asked, as far as it is signed. Names and values are given as they are, not escaped.
    package struct Request {
        package var method: String
        package var host: String
        package var path: String
        package var query: [String: String]
        /// By lower-case name; each is signed.
        package var headers: [String: String]

        package init(
            _ method: String,
            host: String,
            path: String,
            query: [String: String] = [:],
            headers: [String: String] = [:]
        ) {
            self.method = method
            self.host = host
            self.path = path
            self.query = query
            self.headers = headers
        }

        var escapedPath: String {
            path.split(separator: "/", omittingEmptySubsequences: false).map { $0.escaped }.joined(separator: "/")
        }

        package var escapedQuery: String {
            query.map { ($0.key.escaped, $0.value.escaped) }.sorted { $0 < $1 }.map { "\($0)=\($1)" }
                .joined(separator: "&")
        }
    }

    /// The headers to send: those of the request, and the signature with what it needs.
    ///
    /// - Parameter payload: SHA-256 of the body, in hexadecimal.
    package func headers(for request: Request, payload: String, at now: Date) -> [String: String] {
        let time = Self.time(now)
        var request = request
        request.headers["host"] = request.host
        request.headers["x-amz-date"] = time
        request.headers["x-amz-content-sha256"] = payload
        let signature = signature(of: request, payload: payload, time: time)
        var headers = request.headers
        headers["host"] = nil
        headers["Authorization"] =
            "\(Self.algorithm) Credential=\(accessKey)/\(scope(time)),"
            + "SignedHeaders=\(Self.names(request)),Signature=\(signature)"
        return headers
    }

    /// Path and query of an address that whoever holds it may use for some seconds.
    package func presigned(_ request: Request, seconds: Int, at now: Date) -> String {
        let time = Self.time(now)
        var request = request
        request.headers["host"] = request.host
        request.query["X-Amz-Algorithm"] = Self.algorithm
        request.query["X-Amz-Credential"] = "\(accessKey)/\(scope(time))"
        request.query["X-Amz-Date"] = time
        request.query["X-Amz-Expires"] = "\(seconds)"
        request.query["X-Amz-SignedHeaders"] = Self.names(request)
        let signature = signature(of: request, payload: "UNSIGNED-PAYLOAD", time: time)
        return "\(request.escapedPath)?\(request.escapedQuery)&X-Amz-Signature=\(signature)"
    }

    private func signature(of request: Request, payload: String, time: String) -> String {
        let headers = request.headers.sorted { $0.key < $1.key }
            .map { "\($0.key):\($0.value.trimmingCharacters(in: .whitespaces))\n" }.joined()
        let canonical = [
            request.method, request.escapedPath, request.escapedQuery, headers, Self.names(request), payload,
        ].joined(separator: "\n")
        let text = [Self.algorithm, time, scope(time), SHA256.hash(data: Data(canonical.utf8)).hexadecimal]
            .joined(separator: "\n")
        let day = Self.code(String(time.prefix(8)), SymmetricKey(data: Data("AWS4\(secretKey)".utf8)))
        let key = [region, service, "aws4_request"].reduce(day) { Self.code($1, SymmetricKey(data: $0)) }
        return Self.code(text, SymmetricKey(data: key)).hexadecimal
    }

    private static func code(_ text: String, _ key: SymmetricKey) -> Data {
        Data(HMAC<SHA256>.authenticationCode(for: Data(text.utf8), using: key))
    }

    private func scope(_ time: String) -> String { "\(time.prefix(8))/\(region)/\(service)/aws4_request" }

    private static func names(_ request: Request) -> String { request.headers.keys.sorted().joined(separator: ";") }

    /// Such as `20130524T000000Z`.
    private static func time(_ now: Date) -> String {
        let text = now.formatted(.iso8601.dateSeparator(.omitted).timeSeparator(.omitted))
        return text
    }
}

extension StringProtocol {
    /// RFC 3986: everything but letters, digits and `-._~` in percent signs, upper case.
    var escaped: String {
        var text = ""
        for byte in utf8 {
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                text.unicodeScalars.append(Unicode.Scalar(byte))
            default: text += "%" + String(UInt16(byte) + 256, radix: 16, uppercase: true).dropFirst()
            }
        }
        return text
    }
}
