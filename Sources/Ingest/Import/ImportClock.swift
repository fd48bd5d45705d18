import Domain
package import Foundation

/// Reads the times of an import: RFC 3339, or, in a file that says `{"type": "clock", "relative_to": "today"}`,
/// `{"days": -3, "time": "14:05"}`: so many days from the day of the import, at that time, UTC.
package struct ImportClock: Sendable {
    private let today: Date
    private(set) var allowsRelative = false
    private static let day: TimeInterval = 86_400

    /// `now` is when the import began.
    package init(now: Date) {
        today = Date(timeIntervalSince1970: (now.timeIntervalSince1970 / Self.day).rounded(.down) * Self.day)
    }

    package mutating func allowRelativeTimes() {
        allowsRelative = true
    }

    package func date(from value: Any) -> Date? {
        switch value {
        case let text as String: Self.absolute(text)
        case let offset as [String: Any] where allowsRelative: relative(offset)
        default: nil
        }
    }

    private func relative(_ offset: [String: Any]) -> Date? {
        guard let days = offset["days"] as? Int, let time = offset["time"] as? String else { return nil }
        let parts = time.split(separator: ":").compactMap { Int($0) }
        guard (2...3).contains(parts.count), (0..<24).contains(parts[0]), (0..<60).contains(parts[1]) else {
            return nil
        }
        let seconds = parts[0] * 3600 + parts[1] * 60 + (parts.count == 3 ? parts[2] : 0)
        return today.addingTimeInterval(TimeInterval(days) * Self.day + TimeInterval(seconds))
    }

    /// A time without a zone is taken as UTC.
    package static func absolute(_ text: String) -> Date? {
        if let plain = Date(plainUTC: text) { return plain }
        var text = text.replacingOccurrences(of: " ", with: "T")
        if !text.contains("T") { text += "T00:00:00" }
        let clockPart = text.drop { $0 != "T" }
        if !clockPart.contains(where: { "Zz+-".contains($0) }) { text += "Z" }
        return (try? Date(text, strategy: .iso8601))
            ?? (try? Date(text, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true)))
    }
}
