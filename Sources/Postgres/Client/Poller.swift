internal import CPostgres
import Glibc

/// Waits for sockets, each known by a number, and for a call from another thread.
///
/// Safe to share: it holds only two descriptors, which the kernel lets any thread use.
final class Poller: Sendable {
    enum Interest {
        case reading
        case writing
        case both

        fileprivate var events: UInt32 {
            switch self {
            case .reading: EPOLLIN.rawValue
            case .writing: EPOLLOUT.rawValue
            case .both: EPOLLIN.rawValue | EPOLLOUT.rawValue
            }
        }
    }

    /// What a call from another thread is told as.
    static let call = -1

    private let descriptor = epoll_create1(Int32(EPOLL_CLOEXEC))
    private let bell = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))

    init() {
        // Edge-triggered, so that nobody need read it: each ring is told once.
        control(EPOLL_CTL_ADD, bell, EPOLLIN.rawValue | 1 << 31, Self.call)
    }

    deinit {
        close(bell)
        close(descriptor)
    }

    func ring() {
        var one: UInt64 = 1
        _ = write(bell, &one, 8)
    }

    func watch(_ socket: Int32, for interest: Interest, as number: Int) {
        if control(EPOLL_CTL_MOD, socket, interest.events, number) != 0 {
            control(EPOLL_CTL_ADD, socket, interest.events, number)
        }
    }

    func forget(_ socket: Int32) {
        control(EPOLL_CTL_DEL, socket, 0, 0)
    }

    /// - Parameter milliseconds: how long to wait at most; nil for as long as it takes.
    func wait(_ milliseconds: Int32?, _ body: (_ number: Int, _ isWritable: Bool) -> Void) {
        withUnsafeTemporaryAllocation(of: epoll_event.self, capacity: 16) { events in
            let count = epoll_wait(descriptor, events.baseAddress, 16, milliseconds ?? -1)
            guard count > 0 else { return }
            for event in events[..<Int(count)] {
                body(Int(Int64(bitPattern: event.data.u64)), event.events & EPOLLOUT.rawValue != 0)
            }
        }
    }

    @discardableResult
    private func control(_ operation: Int32, _ target: Int32, _ events: UInt32, _ number: Int) -> Int32 {
        var event = epoll_event()
        event.events = events
        event.data.u64 = UInt64(bitPattern: Int64(number))
        return epoll_ctl(descriptor, operation, target, &event)
    }
}
