import Foundation
import JWTKit

/// The claims of a session token, shaped as Clerk's version 2.
struct SessionClaims: JWTPayload {
    static let clockSkew: TimeInterval = 5

    var iss: String
    /// The user's id.
    var sub: String
    var sid: String
    var sts: String?
    var azp: String?
    var role: String?
    var v: Int?
    var iat: Int
    var nbf: Int
    var exp: Int

    /// Times are checked by `check(now:)`, which knows the skew.
    func verify(using algorithm: some JWTAlgorithm) {}

    func isTimely(now: Date) -> Bool {
        let now = now.timeIntervalSince1970
        return now < Double(exp) + Self.clockSkew && now > Double(nbf) - Self.clockSkew
            && now > Double(iat) - Self.clockSkew
    }
}
