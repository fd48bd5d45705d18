import NIOCore
import NIOWebSocket

/// Puts messages together from a client's frames, and refuses what RFC 6455 forbids; touches no channel.
struct MessageAssembler {
    enum Event {
        case text([UInt8])
        case binary([UInt8])
        case ping([UInt8])
        /// Its code, where it brought one.
        case close(UInt16?)
        /// A fragment, or a pong.
        case nothing
    }

    struct Violation: Error {
        let code: UInt16
        let reason: String
    }

    /// Bytes.
    let largestMessage: Int
    private var isText = false
    private var isUnderWay = false
    private var gathered: [UInt8] = []

    init(largestMessage: Int) {
        self.largestMessage = largestMessage
    }

    mutating func take(_ frame: WebSocketFrame) throws(Violation) -> Event {
        guard frame.maskKey != nil else { throw Self.wrong("frames of clients are masked") }
        guard frame.reservedBits.isEmpty else { throw Self.wrong("no extension was agreed on") }
        let payload = Array(frame.unmaskedData.readableBytesView)
        switch frame.opcode {
        case .ping: return .ping(payload)
        case .pong: return .nothing
        case .connectionClose: return .close(try Self.closeCode(payload))
        case .text, .binary:
            guard !isUnderWay else { throw Self.wrong("the message before is not complete") }
            isText = frame.opcode == .text
        case .continuation:
            guard isUnderWay else { throw Self.wrong("there is nothing to continue") }
        default: throw Self.wrong("no such opcode")
        }
        return try add(payload, isLast: frame.fin)
    }

    private mutating func add(_ payload: [UInt8], isLast: Bool) throws(Violation) -> Event {
        guard gathered.count + payload.count <= largestMessage else {
            throw Violation(code: CloseCode.tooBig, reason: "a message has at most \(largestMessage) bytes")
        }
        isUnderWay = !isLast
        guard isLast else {
            gathered += payload
            return .nothing
        }
        let message = gathered.isEmpty ? payload : gathered + payload
        gathered = []
        guard isText else { return .binary(message) }
        guard message.isUTF8 else { throw Violation(code: CloseCode.notUTF8, reason: "the text is not UTF-8") }
        return .text(message)
    }

    private static func closeCode(_ payload: [UInt8]) throws(Violation) -> UInt16? {
        guard !payload.isEmpty else { return nil }
        guard payload.count >= 2 else { throw wrong("half a code") }
        let code = UInt16(payload[0]) << 8 | UInt16(payload[1])
        guard CloseCode.isSendable(code) else { throw wrong("no such code") }
        guard payload.dropFirst(2).isUTF8 else {
            throw Violation(code: CloseCode.notUTF8, reason: "the reason is not UTF-8")
        }
        return code
    }

    private static func wrong(_ reason: String) -> Violation {
        Violation(code: CloseCode.protocolError, reason: reason)
    }
}

extension Collection<UInt8> {
    fileprivate var isUTF8: Bool { String(validating: self, as: UTF8.self) != nil }
}
