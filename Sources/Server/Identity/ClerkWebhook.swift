import Assistant
import Crypto
import Domain
import Foundation
import HTTPTypes
import Hummingbird

/// Reads Clerk's webhooks, signed by Svix.
struct ClerkWebhook: Sendable {
    static let tolerance: TimeInterval = 300

    private let key: SymmetricKey

    /// Nil when the secret is not `whsec_` and base64.
    init?(secret: String) {
        guard let data = Data(base64Encoded: secret.replacingOccurrences(of: "whsec_", with: "")), !data.isEmpty else {
            return nil
        }
        key = SymmetricKey(data: data)
    }

    /// The delivery's id when one of its signatures is ours and it is of this moment.
    func verifiedID(_ headers: HTTPFields, body: Data, now: Date) throws -> String {
        let refused = PublicError(.invalid, "The webhook's signature is not good.")
        func header(_ name: String) -> String? {
            ["svix-", "webhook-"].lazy.compactMap { HTTPField.Name($0 + name) }.compactMap { headers[$0] }.first
        }
        guard let id = header("id"), let stamp = header("timestamp"), let signatures = header("signature"),
            let seconds = Int64(stamp), abs(Double(seconds) - now.timeIntervalSince1970) <= Self.tolerance
        else { throw refused }
        let signed = Data("\(id).\(stamp).".utf8) + body
        for entry in signatures.split(separator: " ") {
            let parts = entry.split(separator: ",", maxSplits: 1)
            guard parts.count == 2, parts[0] == "v1", let code = Data(base64Encoded: String(parts[1])) else { continue }
            if HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: signed, using: key) { return id }
        }
        throw refused
    }

    /// What the event says about a person; nil for events that are about something else.
    static func event(id: String, body: Data) throws -> IdentityEvent? {
        guard let delivery = try? JSONDecoder().decode(Delivery.self, from: body) else {
            throw PublicError(.invalid, "The webhook's body is not an event.")
        }
        let sent = Date(timeIntervalSince1970: (delivery.timestamp ?? 0) / 1000)
        switch delivery.type {
        case "user.deleted":
            return IdentityEvent(id: id, provider: "clerk", subject: delivery.data.id, at: sent, change: .delete)
        case "user.created", "user.updated":
            let changed = delivery.data.updatedAt.map { Date(timeIntervalSince1970: $0 / 1000) } ?? sent
            guard let person = delivery.data.person else {
                throw PublicError(.invalid, "The event's user has no e-mail address.")
            }
            return IdentityEvent(
                id: id,
                provider: "clerk",
                subject: delivery.data.id,
                at: changed,
                change: .upsert(person)
            )
        default:
            return nil
        }
    }

    private struct Delivery: Decodable {
        let type: String
        /// Milliseconds.
        let timestamp: Double?
        let data: User
    }

    private struct User: Decodable {
        struct Address: Decodable {
            struct Verification: Decodable {
                let status: String?
            }

            let id: String
            let emailAddress: String
            let verification: Verification?

            enum CodingKeys: String, CodingKey {
                case id, verification
                case emailAddress = "email_address"
            }
        }

        struct Metadata: Decodable {
            let role: String?
            let roles: [String]?
        }

        let id: String
        let firstName: String?
        let lastName: String?
        let imageURL: String?
        let primary: String?
        let addresses: [Address]?
        let metadata: Metadata?
        let updatedAt: Double?

        enum CodingKeys: String, CodingKey {
            case id
            case firstName = "first_name"
            case lastName = "last_name"
            case imageURL = "image_url"
            case primary = "primary_email_address_id"
            case addresses = "email_addresses"
            case metadata = "public_metadata"
            case updatedAt = "updated_at"
        }

        var person: IdentityEvent.Person? {
            guard let address = addresses?.first(where: { $0.id == primary }) ?? addresses?.first else { return nil }
            let name = [firstName, lastName].compactMap { $0 }.joined(separator: " ")
            return .init(
                email: address.emailAddress,
                isVerified: address.verification?.status == "verified",
                fullName: name.isEmpty ? nil : name,
                avatarURL: imageURL,
                roles: metadata?.roles ?? metadata?.role.map { [$0] }
            )
        }
    }
}
