import Assistant
import Domain
import Foundation

/// Questions over the demo calendar with what is right to answer, many ways of asking each.
struct CalendarQuestionSet {
    enum Expected {
        case free([[DateInterval]])
        /// Whether each of the subjects is free at the moment, and what takes it otherwise.
        case moment([[ScheduleID]])
        case entries([ScheduleID])
        case clashes(Set<Set<ScheduleID>>)
        case missed(DateInterval)
    }

    struct Case {
        let question: String
        let expected: Expected
    }

    let oracle: CalendarOracle
    let asker: UserID
    private(set) var cases: [Case] = []

    static let resources: [(said: String, names: [String])] = [
        ("the confocal", ["Confocal LSM 980"]), ("the LSM 980", ["Confocal LSM 980"]), ("the Talos", ["Cryo-EM Talos"]),
        ("the AKTA", ["AKTA pure"]), ("hood 1", ["Tissue culture hood 1"]),
        ("tissue culture hood 2", ["Tissue culture hood 2"]), ("the mass spec", ["Mass spectrometer Exploris"]),
        ("the ultracentrifuge", ["Ultracentrifuge"]), ("the centrifuge", ["Ultracentrifuge"]),
        ("the seminar room", ["Seminar room 2.14"]), ("the hood", ["Tissue culture hood 1", "Tissue culture hood 2"]),
    ]
    private static let weekdays = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]

    init(_ oracle: CalendarOracle, asker: UserID) {
        self.oracle = oracle
        self.asker = asker
        addFreeDays()
        addMoments()
        addParts()
        addHolders()
        addTitles()
        addOwn()
        addMissed()
    }

    /// Days as people say them, in questions about what is to come.
    private var days: [(said: String, day: Int)] {
        let today = oracle.today
        var days = [
            ("today", today), ("tomorrow", today + 1), ("the day after tomorrow", today + 2), ("in 3 days", today + 3),
            ("in two weeks", today + 14),
        ]
        for weekday in 0..<7 {
            let ahead = (weekday - OracleZone.weekday(today) + 7) % 7
            days.append(("on \(Self.weekdays[weekday])", today + ahead))
            days.append(("next \(Self.weekdays[weekday])", today + (ahead == 0 ? 7 : ahead)))
            let monday = today - OracleZone.weekday(today) + 7
            days.append(("\(Self.weekdays[weekday]) next week", monday + weekday))
        }
        return days
    }

    private func span(_ day: Int, _ days: Int = 1) -> (Int, Int) {
        (oracle.zone.moment(day, 0), oracle.zone.moment(day + days, 0))
    }

    private func free(_ names: [String], _ from: Int, _ to: Int) -> Expected {
        // What is over cannot be used any more.
        let begin = from < oracle.now && oracle.now < to ? oracle.now : from
        return .free(names.map { name in oracle.free(begin, to) { $0.entry.resource == name } })
    }

    private mutating func add(_ questions: [String], _ expected: Expected) {
        cases += questions.map { Case(question: $0, expected: expected) }
    }

    private mutating func addFreeDays() {
        for (index, day) in days.enumerated() {
            let resource = Self.resources[index % Self.resources.count]
            let (from, to) = span(day.day)
            add(
                [
                    "When is \(resource.said) free \(day.said)?", "when's \(resource.said) available \(day.said)",
                    "Is \(resource.said) free \(day.said)?", "When can I use \(resource.said) \(day.said)?",
                    "any free slots on \(resource.said) \(day.said)?",
                    "show me when \(resource.said) is unoccupied \(day.said)",
                    "\(day.said) when is \(resource.said) free", "free slots for \(resource.said) \(day.said) please",
                ],
                free(resource.names, from, to)
            )
        }
        let monday = oracle.today - OracleZone.weekday(oracle.today)
        for resource in Self.resources {
            let (from, to) = span(monday + 7, 7)
            add(
                [
                    "When is \(resource.said) free next week?",
                    "Which slots are available on \(resource.said) next week?",
                ],
                free(resource.names, from, to)
            )
            let (begin, end) = span(monday, 7)
            add(["When is \(resource.said) still free this week?"], free(resource.names, begin, end))
        }
    }

    private static let clocks: [(said: String, minute: Int)] = [
        ("at 3", 900), ("at 3 pm", 900), ("at 15:00", 900), ("at 10", 600), ("at 9:30", 570), ("at 9am", 540),
        ("at noon", 720), ("at half past 2", 870), ("at quarter to 4", 945), ("at 11 o'clock", 660), ("at 5", 1020),
        ("at 3 in the afternoon", 900), ("at 8 in the morning", 480), ("at 8 in the evening", 1200), ("at 13h", 780),
    ]

    private mutating func addMoments() {
        for (index, day) in days.enumerated() {
            let resource = Self.resources[(index * 5 + 3) % Self.resources.count]
            let clock = Self.clocks[index % Self.clocks.count]
            let moment = oracle.zone.moment(day.day, clock.minute)
            let busy = resource.names.map { name in oracle.at(moment) { $0.entry.resource == name } }
            add(
                [
                    "Is \(resource.said) free \(day.said) \(clock.said)?",
                    "is \(resource.said) booked \(clock.said) \(day.said)?",
                    "Can I use \(resource.said) \(day.said) \(clock.said)?",
                    "is \(resource.said) taken \(day.said) \(clock.said)",
                ],
                .moment(busy)
            )
            let holders = Set(busy.joined())
            add(
                [
                    "Who has \(resource.said) \(day.said) \(clock.said)?",
                    "who's using \(resource.said) \(day.said) \(clock.said)?",
                    "who booked \(resource.said) \(day.said) \(clock.said)",
                    "Who is on \(resource.said) \(clock.said) \(day.said)?",
                ],
                .entries(oracle.at(moment) { holders.contains($0.entry.id) })
            )
        }
        for resource in Self.resources {
            let busy = resource.names.map { name in oracle.at(oracle.now) { $0.entry.resource == name } }
            let all = oracle.at(oracle.now) { $0.entry.resource.map(resource.names.contains) ?? false }
            add(["Is \(resource.said) free now?", "is \(resource.said) available right now?"], .moment(busy))
            add(
                [
                    "Who has \(resource.said) now?", "who is using \(resource.said) right now",
                    "who has \(resource.said)?",
                ],
                .entries(all)
            )
        }
    }

    private mutating func addParts() {
        let parts: [(String, Int, Int)] = [
            ("morning", 360, 720), ("afternoon", 720, 1080), ("evening", 1080, 1320),
        ]
        let ranges: [(String, Int, Int)] = [
            ("between 9 and 11", 540, 660), ("from 2 to 4", 840, 960), ("between 10:00 and 12:30", 600, 750),
            ("from 11 to 1", 660, 780), ("2-4pm", 840, 960), ("from 9 to 5", 540, 1020),
            ("between 1 and 3 pm", 780, 900),
        ]
        for (index, resource) in Self.resources.enumerated() {
            let day = index % 5 + 1
            let said = Self.weekdays[OracleZone.weekday(oracle.today + day)]
            let part = parts[index % parts.count]
            let (from, to) = (
                oracle.zone.moment(oracle.today + day, part.1), oracle.zone.moment(oracle.today + day, part.2)
            )
            add(
                [
                    "Is \(resource.said) free on \(said) \(part.0)?",
                    "when is \(resource.said) available in the \(part.0) on \(said)?",
                ],
                free(resource.names, from, to)
            )
            add(
                ["Who has \(resource.said) on \(said) \(part.0)?"],
                .entries(oracle.touching(from, to) { $0.entry.resource.map(resource.names.contains) ?? false })
            )
            let range = ranges[index % ranges.count]
            let (begin, end) = (
                oracle.zone.moment(oracle.today + day, range.1), oracle.zone.moment(oracle.today + day, range.2)
            )
            add(
                [
                    "Is \(resource.said) free on \(said) \(range.0)?",
                    "can we use \(resource.said) \(range.0) on \(said)",
                ],
                free(resource.names, begin, end)
            )
        }
    }

    private mutating func addHolders() {
        let today = oracle.today
        for (index, resource) in Self.resources.enumerated() {
            let weekday = (index * 3) % 7
            let back = (OracleZone.weekday(today) - weekday + 7) % 7
            let last = today - (back == 0 ? 7 : back)
            let name = Self.weekdays[weekday]
            let matches = { (slot: CalendarOracle.Slot) in slot.entry.resource.map(resource.names.contains) ?? false }
            let (from, to) = span(last)
            add(
                ["Who had \(resource.said) last \(name)?", "who used \(resource.said) last \(name)"],
                .entries(oracle.touching(from, to, matches))
            )
            let (yesterday, midnight) = span(today - 1)
            add(
                ["Who used \(resource.said) yesterday?", "what was booked on \(resource.said) yesterday?"],
                .entries(oracle.touching(yesterday, midnight, matches))
            )
            let monday = today - OracleZone.weekday(today)
            let (begin, end) = span(monday + 7, 7)
            add(
                ["What is booked on \(resource.said) next week?", "bookings of \(resource.said) next week"],
                .entries(oracle.touching(begin, end, matches))
            )
        }
    }

    private static let titles: [(said: String, title: String)] = [
        ("group meeting", "Group meeting"), ("journal club", "Journal club"), ("autoclave shift", "Autoclave shift"),
        ("liquid nitrogen shift", "Liquid nitrogen shift"), ("cleaning shift", "Cleaning shift tissue culture"),
        ("computing office hour", "Computing office hour"),
    ]

    private mutating func addTitles() {
        for (said, title) in Self.titles {
            let matches = { (slot: CalendarOracle.Slot) in slot.entry.title == title }
            add(
                [
                    "Next \(said)?", "When is the next \(said)?", "when's the next \(said)",
                    "What time is the next \(said)?",
                    "when does the next \(said) start?", "next \(said) please", "tell me when the next \(said) is",
                ],
                .entries(oracle.next(matches))
            )
            add(
                ["When was the last \(said)?", "when did we have the last \(said)?", "last \(said)?"],
                .entries(oracle.last(matches))
            )
            let monday = oracle.today - OracleZone.weekday(oracle.today)
            let (from, to) = span(monday + 7, 7)
            add(
                ["Who is on \(said) next week?", "who does the \(said) next week?", "When is the \(said) next week?"],
                .entries(oracle.touching(from, to, matches))
            )
        }
    }

    private mutating func addOwn() {
        let isMine = { (slot: CalendarOracle.Slot) in
            slot.entry.participants.isEmpty ? slot.entry.createdBy == asker : slot.entry.participants.contains(asker)
        }
        for day in days.prefix(12) {
            let (from, to) = span(day.day)
            add(
                [
                    "What do I have \(day.said)?", "what's on my calendar \(day.said)?",
                    "Do I have anything \(day.said)?",
                    "my schedule \(day.said)",
                ],
                .entries(oracle.touching(from, to, isMine))
            )
            add(
                ["What's on \(day.said)?", "what is happening \(day.said)?", "what events are there \(day.said)"],
                .entries(oracle.touching(from, to) { _ in true })
            )
        }
        let monday = oracle.today - OracleZone.weekday(oracle.today)
        let (from, to) = span(monday + 7, 7)
        add(
            [
                "Am I double-booked next week?", "do I have any conflicts next week?",
                "any clashes in my calendar next week?",
            ],
            .clashes(oracle.clashes(from, to, of: asker))
        )
        let (begin, end) = span(oracle.today + 1)
        add(["am I double booked tomorrow?"], .clashes(oracle.clashes(begin, end, of: asker)))
        add(
            ["Am I double-booked?", "am i double booked", "Do I have overlapping bookings?"],
            .clashes(oracle.clashes(oracle.now, oracle.now + 28 * 86_400, of: asker))
        )
    }

    private mutating func addMissed() {
        let today = oracle.today
        let monday = today - OracleZone.weekday(today)
        func missed(_ from: Int, _ to: Int) -> Expected {
            .missed(
                DateInterval(
                    start: Date(timeIntervalSince1970: Double(from)),
                    end: Date(timeIntervalSince1970: Double(min(to, oracle.now)))
                )
            )
        }
        let (from, to) = span(monday - 7, 7)
        add(
            ["What did I miss last week?", "what have I missed last week", "Catch me up on last week"],
            missed(from, to)
        )
        let (yesterday, midnight) = span(today - 1)
        add(["What did I miss yesterday?", "what happened yesterday?"], missed(yesterday, midnight))
        let (start, end) = span(monday, 7)
        add(["What did I miss this week?", "what happened this week"], missed(start, end))
        add(["What did I miss today?"], missed(span(today).0, span(today).1))
        let ago = (OracleZone.weekday(today) - 1 + 7) % 7
        add(["What did I miss since Tuesday?"], missed(span(today - ago).0, oracle.now))
    }
}
