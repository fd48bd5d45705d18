import Foundation

/// Proxies whose word is taken for where a request came from.
public struct TrustedProxies: Sendable {
    private struct Network: Sendable {
        let address: [UInt8]
        let bits: Int

        func contains(_ other: [UInt8]) -> Bool {
            guard other.count == address.count else { return false }
            return (0..<address.count).allSatisfy { index in
                let kept = min(8, max(0, bits - index * 8))
                let mask = UInt8(truncatingIfNeeded: 0xff << (8 - kept))
                return address[index] & mask == other[index] & mask
            }
        }
    }

    public static let none = TrustedProxies(networks: [])

    private let networks: [Network]

    public var isEmpty: Bool { networks.isEmpty }

    /// - Parameter texts: addresses, and networks such as 10.0.0.0/8; nil when one is neither.
    public init?(_ texts: [String]) {
        var networks: [Network] = []
        for text in texts where !text.isEmpty {
            let parts = text.split(separator: "/", maxSplits: 1)
            guard let address = Self.bytes(String(parts[0])) else { return nil }
            let bits = parts.count == 2 ? Int(parts[1]) : address.count * 8
            guard let bits, (0...address.count * 8).contains(bits) else { return nil }
            networks.append(Network(address: address, bits: bits))
        }
        self.networks = networks
    }

    private init(networks: [Network]) {
        self.networks = networks
    }

    /// Where a request came from: the last hop that is no proxy of ours. Whoever is not trusted is believed nothing.
    ///
    /// - Parameter forwarded: `X-Forwarded-For`, to which each proxy adds whom it heard from.
    func client(peer: String, forwarded: String?) -> String {
        var client = peer
        var hops = (forwarded ?? "").split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
        while contains(client), let hop = hops.popLast(), let bytes = Self.bytes(hop) {
            client = Self.text(bytes) ?? hop
        }
        return client
    }

    func contains(_ text: String) -> Bool {
        guard let bytes = Self.bytes(text) else { return false }
        return networks.contains { $0.contains(bytes) }
    }

    /// Four or sixteen; an IPv4 address in IPv6's clothes counts as what it is.
    private static func bytes(_ text: String) -> [UInt8]? {
        let text = text.hasPrefix("[") && text.hasSuffix("]") ? String(text.dropFirst().dropLast()) : text
        var four = in_addr()
        if inet_pton(AF_INET, text, &four) == 1 { return withUnsafeBytes(of: four) { Array($0) } }
        var sixteen = in6_addr()
        guard inet_pton(AF_INET6, text, &sixteen) == 1 else { return nil }
        let bytes = withUnsafeBytes(of: sixteen) { Array($0) }
        return bytes.prefix(12) == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff] ? Array(bytes.suffix(4)) : bytes
    }

    /// Each address in one spelling, so that it has one limit.
    private static func text(_ bytes: [UInt8]) -> String? {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let isPrinted = bytes.withUnsafeBytes {
            inet_ntop(bytes.count == 4 ? AF_INET : AF_INET6, $0.baseAddress, &text, socklen_t(text.count)) != nil
        }
        return isPrinted ? text.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } } : nil
    }
}
