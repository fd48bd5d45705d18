import Foundation
import Glibc
import JWTKit

/// The built-in issuer's ES256 keys, one file each in the data folder; the newest signs, all verify.
struct SigningKeys: Sendable {
    let newest: String
    private let keys: [String: ES256PrivateKey]

    /// Makes the folder and a first key when there is none.
    init(folder: String) throws {
        try FileManager.default.createDirectory(
            atPath: folder,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
        var names = try Self.names(folder)
        if names.isEmpty {
            try Self.makeKey(folder)
            names = try Self.names(folder)
        }
        var keys: [String: ES256PrivateKey] = [:]
        for name in names {
            let pem = try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
            keys[String(name.dropLast(4))] = try ES256PrivateKey(pem: pem)
        }
        self.keys = keys
        // Names begin with the time they were made at.
        newest = keys.keys.max() ?? ""
    }

    func collection() async throws -> JWTKeyCollection {
        let collection = JWTKeyCollection()
        for (name, key) in keys { await collection.add(ecdsa: key, kid: JWKIdentifier(string: name)) }
        return collection
    }

    /// RFC 7517.
    func jwks() throws -> Data {
        let entries = keys.sorted { $0.key < $1.key }.compactMap { name, key -> [String: String]? in
            guard let parameters = key.publicKey.parameters else { return nil }
            return [
                "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": name,
                "x": parameters.x.base64URL, "y": parameters.y.base64URL,
            ]
        }
        return try JSONSerialization.data(withJSONObject: ["keys": entries], options: [.sortedKeys])
    }

    private static func names(_ folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".pem") }.sorted()
    }

    /// Linked into place, so that of two processes that start together both use the first one's key.
    private static func makeKey(_ folder: String) throws {
        let name = "\(Int(Date().timeIntervalSince1970))-\(UUID().uuidString.prefix(8).lowercased())"
        let partial = "\(folder)/.\(name).partial"
        let pem = Data(ES256PrivateKey().pemRepresentation.utf8)
        guard FileManager.default.createFile(atPath: partial, contents: pem, attributes: [.posixPermissions: 0o600]),
            rename(partial, "\(folder)/\(name).pem") == 0
        else { throw CocoaError(.fileWriteUnknown) }
    }
}

extension String {
    /// JWK numbers are base64url without padding.
    fileprivate var base64URL: String {
        replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_")
            .replacingOccurrences(of: "=", with: "")
    }
}
