import Domain
import HTTPTypes
import Hummingbird
import Synchronization

/// Lets each user, or each address that is not signed in, make so many requests a minute, with a burst of as many.
struct RateLimitMiddleware: RouterMiddleware {
    typealias Context = LabsyncContext

    /// Zero lets everything through.
    let perMinute: Int
    let problems: PublicErrorMiddleware
    private let buckets = TokenBuckets()

    init(perMinute: Int, problems: PublicErrorMiddleware) {
        self.perMinute = perMinute
        self.problems = problems
    }

    func handle(
        _ request: Request,
        context: LabsyncContext,
        next: (Request, LabsyncContext) async throws -> Response
    ) async throws -> Response {
        guard perMinute > 0 else { return try await next(request, context) }
        let key = context.token.map { "user:\($0.principal.user)" } ?? "address:\(context.remoteAddress)"
        let state = buckets.take(key, perMinute: perMinute)
        var response: Response
        do {
            guard state.isAllowed else { throw refusal(state) }
            response = try await next(request, context)
        } catch {
            response = try problems.response(to: error, request, context)
        }
        let isOpenAI = OpenAIError.applies(to: request.uri.path)
        response.headers[isOpenAI ? .requestLimit : .rateLimit] = "\(perMinute)"
        response.headers[isOpenAI ? .requestsLeft : .rateLimitRemaining] = "\(state.remaining)"
        response.headers[isOpenAI ? .requestsReset : .rateLimitReset] = isOpenAI ? "\(state.wait)s" : "\(state.wait)"
        return response
    }

    private func refusal(_ state: TokenBuckets.State) -> PublicError {
        PublicError(
            .tooManyRequests,
            "Too many requests: \(perMinute) a minute are allowed. Try again in \(state.wait) s.",
            retryAfter: state.wait
        )
    }
}

/// Each is a valid token; the names that stand behind `??` are never used.
extension HTTPField.Name {
    fileprivate static let rateLimit = HTTPField.Name("RateLimit-Limit") ?? .from
    fileprivate static let rateLimitRemaining = HTTPField.Name("RateLimit-Remaining") ?? .from
    fileprivate static let rateLimitReset = HTTPField.Name("RateLimit-Reset") ?? .from
    /// As OpenAI's clients know them.
    fileprivate static let requestLimit = HTTPField.Name("x-ratelimit-limit-requests") ?? .from
    fileprivate static let requestsLeft = HTTPField.Name("x-ratelimit-remaining-requests") ?? .from
    fileprivate static let requestsReset = HTTPField.Name("x-ratelimit-reset-requests") ?? .from
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
