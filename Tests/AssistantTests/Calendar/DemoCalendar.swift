import Assistant
import Domain
import Foundation

/// The demo lab's calendar, placed around a day.
struct DemoCalendar {
    let entries: [CalendarEntry]
    let vocabulary: CalendarVocabulary

    /// - Parameter today: days since 1970-01-01, UTC, that the demo's days are counted from.
    init(today: Int) throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../../fixtures/demo-lab").standardizedFileURL
        func lines(_ name: String) throws -> [[String: Any]] {
            try String(contentsOf: folder.appending(path: name), encoding: .utf8).split(separator: "\n").compactMap {
                try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
            }
        }
        func time(_ value: Any?) -> Date? {
            guard let value = value as? [String: Any], let days = value["days"] as? Int,
                let clock = (value["time"] as? String)?.split(separator: ":").compactMap({ Int($0) })
            else { return nil }
            return Date(timeIntervalSince1970: Double((today + days) * 86_400 + clock[0] * 3600 + clock[1] * 60))
        }
        entries = try lines("schedules.jsonl").compactMap { row in
            guard let id = (row["id"] as? String).flatMap({ ScheduleID($0) }), let start = time(row["start_time"]),
                let end = time(row["end_time"])
            else { return nil }
            return CalendarEntry(
                id: id,
                title: row["title"] as? String ?? "",
                description: row["description"] as? String,
                resource: row["resource"] as? String,
                start: start,
                end: end,
                allDay: row["all_day"] as? Bool ?? false,
                participants: (row["participants"] as? [String] ?? []).compactMap { UserID($0) },
                createdBy: (row["created_by"] as? String).flatMap { UserID($0) }
            )
        }
        var people: [UserID: String] = [:]
        for row in try lines("people.jsonl") {
            guard let id = (row["id"] as? String).flatMap({ UserID($0) }) else { continue }
            people[id] = row["full_name"] as? String
        }
        vocabulary = CalendarVocabulary(resources: Set(entries.compactMap(\.resource)).sorted(), people: people)
    }

    func person(_ firstName: String) -> UserID {
        vocabulary.people.first { $0.value.hasPrefix(firstName) }?.key ?? UserID()
    }
}
