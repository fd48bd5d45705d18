import Foundation

extension Date {
    /// With or without a fraction; the offset must be given.
    init?(rfc3339 text: String) {
        let fractional = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        guard let date = (try? Date(text, strategy: .iso8601)) ?? (try? Date(text, strategy: fractional)),
            // What PostgreSQL can keep, and more than a lab needs.
            (-62_000_000_000...250_000_000_000).contains(date.timeIntervalSince1970)
        else { return nil }
        self = date
    }
}
