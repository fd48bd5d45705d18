import Foundation
import Synchronization

/// Progress on standard error: a bar with rate and time left, on a terminal only. It goes when the work is done: what came of
/// it is then printed.
final class ProgressBar: Sendable {
    private struct State {
        var done = 0
        var total: Int?
        var lastDrawn: ContinuousClock.Instant?
    }

    private static let width = 24
    private static let isTerminal = isatty(STDERR_FILENO) == 1

    private let label: String
    private let unit: String
    private let start = ContinuousClock.now
    private let state: Mutex<State>

    /// A nil `total` means that nobody knows how much there is.
    init(_ label: String, unit: String, total: Int?) {
        self.label = label
        self.unit = unit
        state = Mutex(State(total: total))
    }

    func advance(by count: Int) {
        state.withLock { state in
            state.done += count
            draw(&state, now: .now)
        }
    }

    func set(_ done: Int, total: Int? = nil) {
        state.withLock { state in
            state.done = done
            state.total = total ?? state.total
            draw(&state, now: .now)
        }
    }

    func finish() {
        guard Self.isTerminal else { return }
        state.withLock { _ in FileHandle.standardError.write(Data("\r\u{1B}[K".utf8)) }
    }

    private func draw(_ state: inout State, now: ContinuousClock.Instant) {
        guard Self.isTerminal else { return }
        if let last = state.lastDrawn, now - last < .milliseconds(100) { return }
        state.lastDrawn = now
        let line = text(done: state.done, total: state.total, elapsed: now - start)
        FileHandle.standardError.write(Data("\r\u{1B}[K\(line)".utf8))
    }

    private func text(done: Int, total: Int?, elapsed: Duration) -> String {
        let seconds = max(elapsed / .seconds(1), 0.001)
        let rate = Double(done) / seconds
        let pace = "\(String(format: "%.0f", rate)) \(unit)/s"
        guard let total, total > 0 else { return "\(label) \(done) \(unit), \(pace)" }
        let share = min(1, Double(done) / Double(total))
        let filled = Int(share * Double(Self.width))
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: Self.width - filled)
        let left = rate > 0 ? Double(max(0, total - done)) / rate : 0
        return "\(label) \(bar) \(done)/\(total) \(unit), \(pace), \(Self.clock(left)) left"
    }

    private static func clock(_ seconds: Double) -> String {
        let seconds = Int(seconds.rounded(.up))
        return seconds < 60 ? "\(seconds) s" : "\(seconds / 60) min \(seconds % 60) s"
    }
}
