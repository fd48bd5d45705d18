import Domain
import Foundation

/// ClamAV's daemon, which looks through bytes for what it knows to be harmful.
public struct Clamd: Sendable {
    public enum Address: Sendable, Equatable {
        case socket(path: String)
        case host(String, port: UInt16)

        /// A path, or a host and a port such as `127.0.0.1:3310`.
        public init?(_ text: String) {
            if text.hasPrefix("/") {
                self = .socket(path: text)
                return
            }
            guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]), port > 0
            else { return nil }
            let host = text[..<colon].trimmingCharacters(in: ["[", "]"])
            guard !host.isEmpty else { return nil }
            self = .host(host, port: port)
        }
    }

    enum Verdict: Equatable {
        case clean
        /// What it is called.
        case infected(String)
        /// Larger than the daemon's `StreamMaxLength`.
        case tooLarge

        /// - Parameter reply: such as `stream: OK` or `stream: Eicar-Signature FOUND`.
        init?(reply: String) {
            let words = reply.split(separator: " ")
            switch words.last {
            case "OK": self = .clean
            case "FOUND": self = .infected(words.dropFirst().dropLast().joined(separator: " "))
            case "ERROR" where reply.contains("size limit exceeded"): self = .tooLarge
            default: return nil
            }
        }
    }

    private let address: Address
    private let threads = FileThreads(count: 4)

    public init(_ address: Address) {
        self.address = address
    }

    /// The version that answers.
    public func version() async throws -> String {
        try await withTaskExecutorPreference(threads) {
            let connection = try ClamdConnection(to: address)
            try connection.send(Data("zVERSION\0".utf8))
            return try connection.reply()
        }
    }

    func verdict(on pieces: ByteFeed) async throws -> Verdict {
        try await withTaskExecutorPreference(threads) {
            let connection = try ClamdConnection(to: address)
            try connection.send(Data("zINSTREAM\0".utf8))
            do {
                for try await piece in pieces where !piece.isEmpty {
                    try connection.send(Self.length(piece.count) + piece)
                }
                try connection.send(Self.length(0))
            } catch let failure as ClamdFailure {
                // It answers and hangs up when it has had enough, in the middle of what is sent.
                guard let verdict = (try? connection.reply()).flatMap(Verdict.init) else { throw failure }
                return verdict
            }
            let reply = try connection.reply()
            guard let verdict = Verdict(reply: reply) else { throw ClamdFailure(reason: "answered \(reply)") }
            return verdict
        }
    }

    /// Big endian, four bytes; none ends the stream.
    private static func length(_ count: Int) -> Data {
        withUnsafeBytes(of: UInt32(count).bigEndian) { Data($0) }
    }
}

/// Why a scanner says nothing.
struct ClamdFailure: Error, CustomStringConvertible {
    let reason: String

    var description: String { "The virus scanner of LABSYNC_CLAMD \(reason)." }
}
