import Domain
public import Foundation

extension Citation {
    /// "Mei-Ling Tan in cryo-EM, 3 Oct 2026", "manual.md, line 40", "schedule, Service visit, 30 Nov 2026, 09:00–12:00 UTC".
    public func whereabouts(in zone: TimeZone) -> String {
        let day = Self.day(startsAt ?? createdAt, zone)
        return switch source.kind {
        case .message: [author, title.map { "in \($0)" }].compactMap { $0 }.joined(separator: " ") + ", \(day)"
        case .status, .comment:
            [author, source.kind == .status ? "status" : "comment", day].compactMap { $0 }.joined(separator: ", ")
        case .schedule: ["schedule", title, day, hours(zone)].compactMap { $0 }.joined(separator: ", ")
        case .file: [title, locator].compactMap { $0 }.joined(separator: ", ")
        }
    }

    private static func day(_ date: Date, _ zone: TimeZone) -> String {
        date.formatted(style(zone).day().month(.abbreviated).year())
    }

    /// The hours of an event, or the day it goes to when it lasts longer than one.
    private func hours(_ zone: TimeZone) -> String? {
        guard let startsAt, let endsAt else { return nil }
        guard endsAt.timeIntervalSince(startsAt) < 86_400 else { return "to \(Self.day(endsAt, zone))" }
        let clock = Self.style(zone).hour(.twoDigits(amPM: .omitted)).minute(.twoDigits)
        let name = zone == .gmt ? "UTC" : zone.abbreviation(for: startsAt) ?? zone.identifier
        return "\(startsAt.formatted(clock))–\(endsAt.formatted(clock)) \(name)"
    }

    private static func style(_ zone: TimeZone) -> Date.FormatStyle {
        Date.FormatStyle(locale: Locale(identifier: "en_GB"), timeZone: zone)
    }
}
