import Domain
public import Hummingbird
import NIOCore

/// What a request carries through the middleware.
public struct LabsyncContext: RequestContext {
    public var coreContext: CoreRequestContextStorage
    var signedIn: Principal?

    public init(source: Source) {
        coreContext = .init(source: source)
    }

    /// The largest body of a JSON request.
    public var maxUploadSize: Int { 1 << 20 }

    /// Whom the request acts for.
    func principal() throws -> Principal {
        guard let signedIn else {
            throw PublicError(.unauthenticated, "Sign in first: send a token as `Authorization: Bearer …`.")
        }
        return signedIn
    }
}
