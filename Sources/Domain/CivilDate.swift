public import Foundation

/// The Gregorian calendar in UTC by arithmetic alone (H. Hinnant, "chrono-Compatible Low-Level Date Algorithms"):
/// Foundation's formatters take microseconds, and times are read and written several times a row.
public struct CivilDate: Sendable, Equatable {
    public let year: Int
    public let month: Int
    public let day: Int

    /// Days since 1970-01-01.
    public static func days(year: Int, month: Int, day: Int) -> Int {
        let year = month <= 2 ? year - 1 : year
        let era = (year >= 0 ? year : year - 399) / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    /// - Parameter days: since 1970-01-01.
    public init(days: Int) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }
}

extension Date {
    /// A time such as `2026-01-31T14:05:00Z`; nil for any other form, which may still be one.
    public init?(plainUTC text: String) {
        let digits = Array(text.utf8)
        guard digits.count == 20, digits[19] == UInt8(ascii: "Z"), digits[10] == UInt8(ascii: "T"),
            digits[4] == UInt8(ascii: "-"), digits[7] == UInt8(ascii: "-"),
            digits[13] == UInt8(ascii: ":"), digits[16] == UInt8(ascii: ":")
        else { return nil }
        func number(_ range: Range<Int>) -> Int? {
            var number = 0
            for digit in digits[range] {
                guard (48...57).contains(digit) else { return nil }
                number = number * 10 + Int(digit) - 48
            }
            return number
        }
        guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10),
            let hour = number(11..<13), let minute = number(14..<16), let second = number(17..<19),
            hour < 24, minute < 60, second < 60
        else { return nil }
        let days = CivilDate.days(year: year, month: month, day: day)
        let back = CivilDate(days: days)
        // The 31st of June is none.
        guard (1...12).contains(month), (back.year, back.month, back.day) == (year, month, day) else { return nil }
        self.init(timeIntervalSince1970: Double(days * 86_400 + hour * 3600 + minute * 60 + second))
    }
}
