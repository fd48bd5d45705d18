import Assistant
import Domain
import Foundation

/// Clocks of a few zones by the rules in the law books, written without any calendar library.
enum OracleZone: String, CaseIterable {
    case berlin = "Europe/Berlin"
    case newYork = "America/New_York"
    case tokyo = "Asia/Tokyo"
    case utc = "UTC"

    var timeZone: TimeZone { TimeZone(identifier: rawValue) ?? .gmt }

    private static func days(_ year: Int, _ month: Int) -> Int {
        var days = 0
        for y in 1970..<year { days += y % 4 == 0 && (y % 100 != 0 || y % 400 == 0) ? 366 : 365 }
        let lengths = [
            31, year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30,
        ]
        return days + lengths.prefix(month - 1).reduce(0, +)
    }

    static func date(_ year: Int, _ month: Int, _ day: Int) -> Int { days(year, month) + day - 1 }

    /// Sunday is 6, as in a week that begins on Monday.
    static func weekday(_ day: Int) -> Int { (day + 3) % 7 }

    private static func sunday(onOrAfter day: Int) -> Int { day + (6 - weekday(day)) }

    /// Seconds east of Greenwich at a moment.
    func offset(at utc: Int) -> Int {
        let year = (1971...2100).first { Self.days($0, 1) * 86_400 > utc }.map { $0 - 1 } ?? 2100
        switch self {
        case .utc: return 0
        case .tokyo: return 9 * 3600
        case .berlin:
            let begin = Self.sunday(onOrAfter: Self.date(year, 3, 25)) * 86_400 + 3600
            let end = Self.sunday(onOrAfter: Self.date(year, 10, 25)) * 86_400 + 3600
            return (begin..<end).contains(utc) ? 7200 : 3600
        case .newYork:
            let begin = Self.sunday(onOrAfter: Self.date(year, 3, 8)) * 86_400 + 7 * 3600
            let end = Self.sunday(onOrAfter: Self.date(year, 11, 1)) * 86_400 + 6 * 3600
            return (begin..<end).contains(utc) ? -4 * 3600 : -5 * 3600
        }
    }

    /// The moment when clocks show so many minutes of a day; after a gap when they never do.
    func moment(_ day: Int, _ minute: Int) -> Int {
        let wall = day * 86_400 + minute * 60
        for shift in [offset(at: wall - 86_400), offset(at: wall + 86_400)] where offset(at: wall - shift) == shift {
            return wall - shift
        }
        return wall - offset(at: wall - 86_400)
    }

    func day(_ utc: Int) -> Int { (utc + offset(at: utc)) / 86_400 }
}

/// Answers by looking at every minute and every entry: slow, and nothing like the program's own way.
struct CalendarOracle {
    let calendar: DemoCalendar
    let zone: OracleZone
    let now: Int

    var today: Int { zone.day(now) }

    struct Slot {
        let entry: CalendarEntry
        let start: Int
        let end: Int
    }

    var slots: [Slot] {
        calendar.entries.map { entry in
            let start = Int(entry.start.timeIntervalSince1970)
            let end = Int(entry.end.timeIntervalSince1970)
            guard entry.allDay else { return Slot(entry: entry, start: start, end: end) }
            return Slot(entry: entry, start: zone.moment(start / 86_400, 0), end: zone.moment(end / 86_400, 0))
        }
    }

    /// Minutes that nothing takes, joined.
    func free(_ from: Int, _ to: Int, _ isTaken: (Slot) -> Bool) -> [DateInterval] {
        let taken = slots.filter(isTaken)
        var gaps: [(Int, Int)] = []
        for minute in stride(from: from, to: to, by: 60)
        where !taken.contains(where: { $0.start <= minute && minute < $0.end }) {
            if let last = gaps.last, last.1 == minute {
                gaps[gaps.count - 1].1 = minute + 60
            } else {
                gaps.append((minute, minute + 60))
            }
        }
        return gaps.map {
            DateInterval(
                start: Date(timeIntervalSince1970: Double($0.0)),
                end: Date(timeIntervalSince1970: Double($0.1))
            )
        }
    }

    func touching(_ from: Int, _ to: Int, _ matches: (Slot) -> Bool) -> [ScheduleID] {
        slots.filter { matches($0) && $0.start < to && from < $0.end }
            .sorted { ($0.start, $0.entry.id) < ($1.start, $1.entry.id) }.map(\.entry.id)
    }

    func at(_ moment: Int, _ matches: (Slot) -> Bool) -> [ScheduleID] {
        touching(moment, moment + 1, matches)
    }

    func next(_ matches: (Slot) -> Bool) -> [ScheduleID] {
        let coming = slots.filter { matches($0) && $0.start > now }
        let first = coming.map(\.start).min()
        return coming.filter { $0.start == first }.map(\.entry.id).sorted()
    }

    func last(_ matches: (Slot) -> Bool) -> [ScheduleID] {
        let over = slots.filter { matches($0) && $0.end <= now }
        let latest = over.map(\.start).max()
        return over.filter { $0.start == latest }.map(\.entry.id).sorted()
    }

    func clashes(_ from: Int, _ to: Int, of person: UserID) -> Set<Set<ScheduleID>> {
        let own = slots.filter { slot in
            (slot.entry.participants.isEmpty
                ? slot.entry.createdBy == person : slot.entry.participants.contains(person))
                && (!slot.entry.allDay || slot.entry.title.hasPrefix("Holiday")
                    || slot.entry.title == "Building closed")
                && slot.start < to && from < slot.end
        }
        var pairs: Set<Set<ScheduleID>> = []
        for first in own {
            for second in own
            where first.entry.id != second.entry.id && first.start < second.end && second.start < first.end {
                pairs.insert([first.entry.id, second.entry.id])
            }
        }
        return pairs
    }
}
