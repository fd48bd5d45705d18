import Domain
import HTTPTypes
import Hummingbird
import Synchronization

/// Lets each user, or each address that is not signed in, make so many requests a minute, with a burst of as many.
struct RateLimitMiddleware: RouterMiddleware {
    typealias Context = LabsyncContext

    /// Zero lets everything through.
    let perMinute: Int
    private let buckets = TokenBuckets()

    init(perMinute: Int) {
        self.perMinute = perMinute
    }

    func handle(
        _ request: Request,
        context: LabsyncContext,
        next: (Request, LabsyncContext) async throws -> Response
    ) async throws -> Response {
        guard perMinute > 0 else { return try await next(request, context) }
        let key = context.token.map { "user:\($0.principal.user)" } ?? "address:\(context.remoteAddress)"
        let state = buckets.take(key, perMinute: perMinute)
        guard state.isAllowed else {
            throw PublicError(
                .tooManyRequests,
                "Too many requests: \(perMinute) a minute are allowed. Try again in \(state.wait) s.",
                retryAfter: state.wait
            )
        }
        var response = try await next(request, context)
        if let limit = HTTPField.Name("RateLimit-Limit"), let remaining = HTTPField.Name("RateLimit-Remaining"),
            let reset = HTTPField.Name("RateLimit-Reset")
        {
            response.headers[limit] = "\(perMinute)"
            response.headers[remaining] = "\(state.remaining)"
            response.headers[reset] = "\(state.wait)"
        }
        return response
    }
}

/// Token buckets by key; full ones are forgotten.
private final class TokenBuckets: Sendable {
    private static let most = 50_000

    private struct Bucket {
        var tokens: Double
        var at: ContinuousClock.Instant
    }

    struct State {
        let isAllowed: Bool
        let remaining: Int
        /// Seconds until the next request is possible, or until the bucket is full again.
        let wait: Int
    }

    private let buckets = Mutex<[String: Bucket]>([:])

    func take(_ key: String, perMinute: Int) -> State {
        let now = ContinuousClock.now
        let capacity = Double(perMinute)
        let rate = capacity / 60
        return buckets.withLock { buckets in
            if buckets.count > Self.most {
                buckets = buckets.filter { (now - $0.value.at) / .seconds(1) * rate + $0.value.tokens < capacity }
            }
            var bucket = buckets[key] ?? Bucket(tokens: capacity, at: now)
            bucket.tokens = min(capacity, bucket.tokens + (now - bucket.at) / .seconds(1) * rate)
            bucket.at = now
            let isAllowed = bucket.tokens >= 1
            if isAllowed { bucket.tokens -= 1 }
            buckets[key] = bucket
            let missing = isAllowed ? capacity - bucket.tokens : 1 - bucket.tokens
            return State(
                isAllowed: isAllowed,
                remaining: Int(bucket.tokens),
                wait: max(1, Int((missing / rate).rounded(.up)))
            )
        }
    }
}
