public import Domain
public import Foundation

/// Imports iCalendar files: each event with its repetitions, as entries of the schedule that the next import updates.
public struct CalendarImporter: Sendable {
    public struct Report: Sendable, Equatable {
        public var events = 0
        public var entries = 0
        public var changes = CalendarChanges()
        /// What was left out, and how often.
        public var skipped: [String: Int] = [:]

        mutating func skip(_ reason: String, _ count: Int = 1) { skipped[reason, default: 0] += count }
    }

    private static let batchSize = 200

    private let sink: any CalendarSink
    private let maker: EventMaker

    /// - Parameters:
    ///   - members: ids by lower-case e-mail address.
    ///   - owner: whose the events are that no member of the lab organises.
    ///   - zone: of times that say none.
    ///   - now: repetitions are taken in from two years before to two years after it.
    public init(sink: any CalendarSink, members: [String: UUID], owner: UserID, zone: TimeZone, now: Date) {
        self.sink = sink
        maker = EventMaker(members: members, owner: owner, zone: zone, now: now)
    }

    /// - Parameter onlyCheck: reads everything, stores nothing.
    public func importFile(
        _ path: String,
        onlyCheck: Bool = false,
        progress: @Sendable (Report) -> Void = { _ in }
    ) async throws -> Report {
        var maker = maker
        try maker.learn(from: path)
        var reader = try ICalendarReader(path: path)
        var report = Report()
        var batch: [String: ImportedEvent] = [:]
        while let component = try reader.component() {
            guard component.name == "VEVENT" else {
                if component.name != "VTIMEZONE" { report.skip("component \(component.name)") }
                continue
            }
            guard let event = maker.event(component, &report) else { continue }
            report.events += 1
            report.entries += event.occurrences.count
            batch[event.uid] = event
            if batch.count == Self.batchSize { try await store(&batch, onlyCheck, &report, progress) }
        }
        try await store(&batch, onlyCheck, &report, progress)
        for name in maker.zones.unknown.sorted() { report.skip("time zone \"\(name)\", which is not known here") }
        return report
    }

    private func store(
        _ batch: inout [String: ImportedEvent],
        _ onlyCheck: Bool,
        _ report: inout Report,
        _ progress: (Report) -> Void
    ) async throws {
        if !onlyCheck, !batch.isEmpty { report.changes.add(try await sink.store(Array(batch.values))) }
        batch.removeAll(keepingCapacity: true)
        progress(report)
    }
}
