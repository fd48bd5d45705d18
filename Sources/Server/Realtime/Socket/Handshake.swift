import Crypto
import Domain
import Foundation
import HTTPTypes
import Hummingbird

/// The opening of a websocket (RFC 6455, section 4.2).
struct Handshake {
    private static let version = "13"
    private static let salt = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

    /// What is wrong with a request that asks for one, as it is answered.
    struct Refusal: Error {
        let status: HTTPResponse.Status
        let reason: String
    }

    private let key: String

    init(_ request: Request) throws(Refusal) {
        let headers = request.headers
        guard headers[.upgrade]?.lowercased() == "websocket",
            (headers[.connection] ?? "").lowercased().split(separator: ",")
                .contains(where: { $0.trimmingCharacters(in: .whitespaces) == "upgrade" })
        else { throw Refusal(status: .upgradeRequired, reason: "This is for websockets only.") }
        guard headers[.secWebSocketVersion] == Self.version else {
            throw Refusal(status: .upgradeRequired, reason: "Only version 13 of the websocket protocol is spoken.")
        }
        guard let key = headers[.secWebSocketKey], Data(base64Encoded: key)?.count == 16 else {
            throw Refusal(status: .badRequest, reason: "Sec-WebSocket-Key must be 16 bytes in base64.")
        }
        self.key = key
    }

    var response: Response {
        let accept = Data(Insecure.SHA1.hash(data: Data((key + Self.salt).utf8))).base64EncodedString()
        return Response(
            status: .switchingProtocols,
            headers: [.upgrade: "websocket", .connection: "Upgrade", .secWebSocketAccept: accept]
        )
    }
}

extension Request {
    /// Whether no page of a browser sent it, or one that may.
    func isFromOwnPage(or allowed: Set<String>) -> Bool {
        guard let origin = headers[.origin] else { return true }
        return allowed.contains(origin) || origin.hasSuffix("://\(head.authority ?? "")")
    }
}
