import Hummingbird
import Synchronization

/// Counts requests by kind of answer and by how long they took.
final class RequestMetrics: Sendable {
    /// Upper bounds in seconds.
    private static let bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10]

    private struct Counts {
        var statuses: [Int: Int] = [:]
        var buckets = [Int](repeating: 0, count: bounds.count + 1)
        var seconds = 0.0
        var inFlight = 0
    }

    private let counts = Mutex(Counts())

    func begin() {
        counts.withLock { $0.inFlight += 1 }
    }

    func end(status: Int?, seconds: Double) {
        counts.withLock { counts in
            counts.inFlight -= 1
            guard let status else { return }
            counts.statuses[status, default: 0] += 1
            counts.seconds += seconds
            counts.buckets[Self.bounds.firstIndex { seconds <= $0 } ?? Self.bounds.count] += 1
        }
    }

    /// In Prometheus' text format.
    func text() -> String {
        let counts = counts.withLock { $0 }
        var lines = [
            "# HELP labsync_http_requests_total Requests answered, by status.",
            "# TYPE labsync_http_requests_total counter",
        ]
        for (status, count) in counts.statuses.sorted(by: { $0.key < $1.key }) {
            lines.append("labsync_http_requests_total{status=\"\(status)\"} \(count)")
        }
        lines += [
            "# HELP labsync_http_request_duration_seconds Time until the answer's head was ready.",
            "# TYPE labsync_http_request_duration_seconds histogram",
        ]
        var sum = 0
        for (bound, count) in zip(Self.bounds.map { "\($0)" } + ["+Inf"], counts.buckets) {
            sum += count
            lines.append("labsync_http_request_duration_seconds_bucket{le=\"\(bound)\"} \(sum)")
        }
        lines += [
            "labsync_http_request_duration_seconds_sum \(counts.seconds)",
            "labsync_http_request_duration_seconds_count \(sum)",
            "# HELP labsync_http_requests_in_flight Requests under way.",
            "# TYPE labsync_http_requests_in_flight gauge",
            "labsync_http_requests_in_flight \(counts.inFlight)",
        ]
        return lines.joined(separator: "\n") + "\n"
    }
}

/// Feeds `RequestMetrics`; outermost, so that it sees what is really answered.
struct MetricsMiddleware: RouterMiddleware {
    typealias Context = LabsyncContext

    let metrics: RequestMetrics

    func handle(
        _ request: Request,
        context: LabsyncContext,
        next: (Request, LabsyncContext) async throws -> Response
    ) async throws -> Response {
        let start = ContinuousClock.now
        metrics.begin()
        do {
            let response = try await next(request, context)
            metrics.end(status: response.status.code, seconds: (ContinuousClock.now - start) / .seconds(1))
            return response
        } catch {
            metrics.end(status: nil, seconds: 0)
            throw error
        }
    }
}
