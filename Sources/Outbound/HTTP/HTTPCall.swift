public import Foundation

/// One request to somebody else's server.
public struct HTTPCall: Sendable {
    public var method: String
    public var url: String
    public var headers: [String: String]
    public var body: Data?
    /// For the whole exchange, the reading of the body included.
    public var deadline: Duration
    /// Without a byte for so long the exchange is given up.
    public var patience: Duration

    public init(
        _ method: String,
        _ url: String,
        headers: [String: String] = [:],
        body: Data? = nil,
        deadline: Duration = .seconds(30),
        patience: Duration = .seconds(30)
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.deadline = deadline
        self.patience = patience
    }
}

/// Status and headers; the body is read as it comes.
public struct HTTPReply: Sendable {
    public let status: Int
    /// By lower-case name; of repeated ones the last.
    public let headers: [String: String]
    public let body: HTTPBody

    /// The whole body, refused when larger than `limit` bytes.
    public func collected(limit: Int) async throws -> Data {
        var data = Data()
        while let piece = try await body.next() {
            guard data.count + piece.count <= limit else { throw OutboundError.tooLarge(limit: limit) }
            data.append(piece)
        }
        return data
    }
}

/// Why a call to somebody else's server brought nothing. Carries no header and no body: keys stay out of logs.
public enum OutboundError: Error, Sendable, Equatable {
    case connection(code: UInt32, reason: String)
    case deadlineExceeded
    case tooLarge(limit: Int)
    case status(Int, retryAfter: Duration?)
    /// The reply is not what the protocol promises.
    case malformed(String)
    /// So many calls failed lately that none is tried for a while.
    case circuitOpen
}
