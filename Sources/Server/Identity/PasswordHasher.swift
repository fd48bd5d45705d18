import Crypto
import CryptoExtras
import Dispatch
import Foundation

/// Hashes passwords with scrypt (RFC 7914), one at a time on a thread of its own: each takes 32 MB and tens of
/// milliseconds, which neither the request threads nor memory should pay many times over at once.
struct PasswordHasher: Sendable {
    /// log2 of scrypt's N, then r and p: OWASP's recommendation of 2^15, 8, 3 as one pass of 2^15 and p of 3.
    private static let cost = (log2N: 15, blockSize: 8, parallelism: 3)

    private let queue = DispatchQueue(label: "labsync.passwords")

    /// `scrypt$log2N$r$p$salt$key`
    func hash(_ password: String) async throws -> String {
        let salt = Data((0..<16).map { _ in UInt8.random(in: .min ... .max) })
        let (log2N, blockSize, parallelism) = Self.cost
        let key = try await derive(password, salt, log2N, blockSize, parallelism)
        let (saltText, keyText) = (salt.base64EncodedString(), key.base64EncodedString())
        return "scrypt$\(log2N)$\(blockSize)$\(parallelism)$\(saltText)$\(keyText)"
    }

    /// Takes as long for no hash at all, so that time does not tell who has an account.
    func verify(_ password: String, against hash: String?) async throws -> Bool {
        let parts = (hash ?? "").split(separator: "$")
        guard parts.count == 6, parts[0] == "scrypt", let log2N = Int(parts[1]), (10...20).contains(log2N),
            let blockSize = Int(parts[2]), let parallelism = Int(parts[3]),
            let salt = Data(base64Encoded: String(parts[4])), let expected = Data(base64Encoded: String(parts[5]))
        else {
            let (log2N, blockSize, parallelism) = Self.cost
            _ = try await derive(password, Data(count: 16), log2N, blockSize, parallelism)
            return false
        }
        let key = try await derive(password, salt, log2N, blockSize, parallelism)
        // In constant time.
        return key.count == expected.count && zip(key, expected).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }

    private func derive(
        _ password: String,
        _ salt: Data,
        _ log2N: Int,
        _ blockSize: Int,
        _ parallelism: Int
    ) async throws -> Data {
        try await withCheckedThrowingContinuation { continuation in
            queue.async {
                continuation.resume(
                    with: Result {
                        try KDF.Scrypt.deriveKey(
                            from: Data(password.utf8),
                            salt: salt,
                            outputByteCount: 32,
                            rounds: 1 << log2N,
                            blockSize: blockSize,
                            parallelism: parallelism
                        ).withUnsafeBytes { Data($0) }
                    }
                )
            }
        }
    }
}
