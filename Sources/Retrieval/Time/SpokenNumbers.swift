/// Numbers, weekdays and months as people write them.
package enum SpokenNumbers {
    package static func number(_ word: String) -> Int? {
        if let number = Int(word) { return number }
        if word == "a" || word == "an" { return 1 }
        return names.firstIndex(of: word)
    }

    private static let names = [
        "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    ]

    /// How many days a unit has, where it has a fixed number.
    static func days(in unit: String) -> Int? {
        switch unit {
        case "day", "days": 1
        case "week", "weeks": 7
        default: nil
        }
    }

    package static func minutes(in unit: String) -> Int? {
        switch unit {
        case "minute", "minutes", "min", "mins": 1
        case "hour", "hours", "h", "hrs": 60
        default: nil
        }
    }

    /// 0 is Monday.
    static func weekday(_ word: String) -> Int? {
        let singular = word.hasSuffix("days") ? String(word.dropLast()) : word
        return weekdays.firstIndex { $0.contains(singular) }
    }

    private static let weekdays: [Set<String>] = [
        ["monday", "mon"], ["tuesday", "tue", "tues"], ["wednesday", "wed", "weds"],
        ["thursday", "thu", "thur", "thurs"], ["friday", "fri"], ["saturday", "sat"], ["sunday", "sun"],
    ]

    static func month(_ word: String) -> Int? {
        guard word.count >= 3 else { return nil }
        return months.firstIndex { $0 == word || String($0.prefix(3)) == word || (word == "sept" && $0 == "september") }
            .map { $0 + 1 }
    }

    private static let months = [
        "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
        "december",
    ]

    /// "25", "25th"
    static func dayOfMonth(_ word: String) -> Int? {
        let digits = word.prefix(while: \.isNumber)
        guard let number = Int(digits), (1...31).contains(number),
            ["", "st", "nd", "rd", "th"].contains(word.dropFirst(digits.count))
        else { return nil }
        return number
    }
}
