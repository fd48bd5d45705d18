package import Foundation

/// Times spoken of in a question, as ranges, resolved in the asker's time zone from the asker's now.
package enum TimeExpressions {
    package static func ranges(in question: String, now: Date, timeZone: TimeZone) -> [Range<Date>] {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = timeZone
        calendar.firstWeekday = 2
        return Reader(words: Array(Terms.compounds(of: question).joined()), now: now, calendar: calendar).ranges()
    }

    private static let months = [
        "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
        "december",
    ]
    private static let weekdays = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"]

    private struct Reader {
        let words: [String]
        let now: Date
        let calendar: Calendar

        func ranges() -> [Range<Date>] {
            words.indices.compactMap { relative(at: $0) ?? weekday(at: $0) ?? month(at: $0) ?? year(at: $0) }
        }

        private func word(_ index: Int) -> String { words.indices.contains(index) ? words[index] : "" }

        private func day(_ offset: Int) -> Range<Date>? { unit(.day, offset) }

        private func unit(_ unit: Calendar.Component, _ offset: Int) -> Range<Date>? {
            guard let moved = calendar.date(byAdding: unit, value: offset, to: now),
                let interval = calendar.dateInterval(of: unit, for: moved)
            else { return nil }
            return interval.start..<interval.end
        }

        private func relative(at index: Int) -> Range<Date>? {
            switch words[index] {
            case "today", "tonight": return day(0)
            case "yesterday": return day(-1)
            case "tomorrow": return day(1)
            case "week": return unit(.weekOfYear, named(before: index))
            case "month": return unit(.month, named(before: index))
            case "year": return unit(.year, named(before: index))
            case "ago":
                guard let count = Int(word(index - 2)) else { return nil }
                switch word(index - 1) {
                case "day", "days": return day(-count)
                case "week", "weeks": return unit(.weekOfYear, -count)
                case "month", "months": return unit(.month, -count)
                default: return nil
                }
            default: return nil
            }
        }

        private func unit(_ unit: Calendar.Component, _ offset: Int?) -> Range<Date>? {
            guard let offset else { return nil }
            return self.unit(unit, offset)
        }

        private func named(before index: Int) -> Int? {
            switch word(index - 1) {
            case "this": 0
            case "last", "previous": -1
            case "next", "coming": 1
            default: nil
            }
        }

        /// "last Tuesday" is the latest one before today, "next" and plain ones the first one after it.
        private func weekday(at index: Int) -> Range<Date>? {
            guard let number = weekdays.firstIndex(of: words[index]) else { return nil }
            let today = calendar.component(.weekday, from: now) - 1
            let ahead = (number - today + 7) % 7
            let isPast = ["last", "previous", "past"].contains(word(index - 1))
            return day(isPast ? (ahead == 0 ? -7 : ahead - 7) : (ahead == 0 && word(index - 1) == "next" ? 7 : ahead))
        }

        /// "in March", "7 May 2023", "May 7": without a year, the latest such month that has begun.
        private func month(at index: Int) -> Range<Date>? {
            guard let number = months.firstIndex(of: words[index]) else { return nil }
            let before = Int(word(index - 1)).flatMap { (1...31).contains($0) ? $0 : nil }
            let after = Int(word(index + 1))
            let dayNumber = before ?? after.flatMap { (1...31).contains($0) ? $0 : nil }
            // "may" is mostly no month.
            if words[index] == "may", dayNumber == nil, after == nil,
                !["in", "last", "since"].contains(word(index - 1))
            {
                return nil
            }
            let givenYear = [after, Int(word(index + 2))].compactMap { $0 }.first { (1900...2200).contains($0) }
            let thisYear = calendar.component(.year, from: now)
            let isAhead = number + 1 > calendar.component(.month, from: now)
            let year = givenYear ?? (isAhead ? thisYear - 1 : thisYear)
            let components = DateComponents(year: year, month: number + 1, day: dayNumber ?? 1)
            guard let date = calendar.date(from: components),
                let interval = calendar.dateInterval(of: dayNumber == nil ? .month : .day, for: date)
            else { return nil }
            return interval.start..<interval.end
        }

        private func year(at index: Int) -> Range<Date>? {
            guard words[index].count == 4, let number = Int(words[index]), (1990...2100).contains(number),
                !months.contains(word(index - 1)), !months.contains(word(index - 2)),
                let date = calendar.date(from: DateComponents(year: number)),
                let interval = calendar.dateInterval(of: .year, for: date)
            else { return nil }
            return interval.start..<interval.end
        }
    }
}
