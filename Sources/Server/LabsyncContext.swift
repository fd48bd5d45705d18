import Domain
public import Hummingbird
import NIOCore

/// What a request carries through the middleware.
public struct LabsyncContext: RequestContext {
    public var coreContext: CoreRequestContextStorage
    var token: VerifiedToken?
    let channel: any Channel
    /// Where the request came from, when a trusted proxy tells.
    var forwardedAddress: String?

    public init(source: Source) {
        coreContext = .init(source: source)
        channel = source.channel
    }

    /// Where the request came from, as far as that is known.
    var remoteAddress: String { forwardedAddress ?? channel.remoteAddress?.ipAddress ?? "local" }

    /// The largest body of a JSON request.
    public var maxUploadSize: Int { 1 << 20 }

    /// Whom the request acts for.
    func principal() throws -> Principal {
        try verified().principal
    }

    func verified() throws -> VerifiedToken {
        guard let token else {
            throw PublicError(.unauthenticated, "Sign in first: send a token as `Authorization: Bearer …`.")
        }
        return token
    }
}
