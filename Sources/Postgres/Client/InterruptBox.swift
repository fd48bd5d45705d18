import Synchronization

/// Holds the interrupt of whatever wire a connection has, for cancellation handlers, which run outside its actor.
final class InterruptBox: Sendable {
    private let interrupt = Mutex<WireConnection.Interrupt?>(nil)

    func set(_ new: WireConnection.Interrupt) {
        interrupt.withLock { $0 = new }
    }

    func raise() {
        interrupt.withLock { $0 }?.raise()
    }
}
