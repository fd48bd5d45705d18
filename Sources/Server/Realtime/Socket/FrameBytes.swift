import NIOCore

/// Writes websocket frames as a server sends them, whole and unmasked (RFC 6455, section 5.2), so that one buffer goes to
/// everybody who is told the same; NIO's encoder would write the header anew for each.
enum FrameBytes {
    private static let finalBit: UInt8 = 0x80

    enum Kind: UInt8 {
        case text = 1
        case binary = 2
        case close = 8
        case ping = 9
        case pong = 10
    }

    static func frame(_ kind: Kind, _ payload: some Collection<UInt8>) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.reserveCapacity(payload.count + 10)
        buffer.writeInteger(finalBit | kind.rawValue)
        switch payload.count {
        case 0...125: buffer.writeInteger(UInt8(payload.count))
        case 126...Int(UInt16.max):
            buffer.writeInteger(UInt8(126))
            buffer.writeInteger(UInt16(payload.count))
        default:
            buffer.writeInteger(UInt8(127))
            buffer.writeInteger(UInt64(payload.count))
        }
        buffer.writeBytes(payload)
        return buffer
    }

    /// - Parameter reason: cut to what a control frame holds.
    static func close(_ code: UInt16, _ reason: String) -> ByteBuffer {
        var text = reason
        while text.utf8.count > 123 { text.removeLast() }
        return frame(.close, [UInt8(code >> 8), UInt8(code & 0xff)] + Array(text.utf8))
    }
}

/// Why a socket is closed (RFC 6455, section 7.4.1, and the registry that it made).
enum CloseCode {
    static let normal: UInt16 = 1000
    static let goingAway: UInt16 = 1001
    static let protocolError: UInt16 = 1002
    static let notUTF8: UInt16 = 1007
    static let policy: UInt16 = 1008
    static let tooBig: UInt16 = 1009
    static let serviceRestart: UInt16 = 1012
    static let tryAgainLater: UInt16 = 1013

    /// Whether a peer may send it.
    static func isSendable(_ code: UInt16) -> Bool {
        switch code {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }
}
