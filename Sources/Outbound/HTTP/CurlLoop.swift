internal import CCurl
import Foundation
import Synchronization

/// A thread of its own that drives all transfers with curl_multi, so that nothing blocks Swift's shared threads.
final class CurlLoop: Sendable {
    enum Command: Sendable {
        case start(UInt64, HTTPCall, CurlTransfer.Head, HTTPBody)
        case resume(UInt64)
        case cancel(UInt64)
        case stop
    }

    /// `curl_multi_wakeup` may be called from any thread; everything else happens on the loop's own.
    private struct Multi: @unchecked Sendable {
        let handle: UnsafeMutableRawPointer
    }

    private let multi: Multi
    private let commands = Mutex<[Command]>([])

    private static let initialised: Bool = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    /// The thread holds the loop until `stop`. Whoever wakes it holds it, too: the handle goes with the last of them.
    init() {
        guard Self.initialised, let handle = curl_multi_init() else {
            preconditionFailure("libcurl cannot be initialised: there is no memory.")
        }
        multi = Multi(handle: handle)
        let thread = Thread { self.run() }
        thread.name = "labsync.outbound"
        thread.start()
    }

    deinit { curl_multi_cleanup(multi.handle) }

    func send(_ command: Command) {
        commands.withLock { $0.append(command) }
        curl_multi_wakeup(multi.handle)
    }

    private func run() {
        var transfers: [UInt64: CurlTransfer] = [:]
        var isStopping = false
        while !isStopping {
            let due = commands.withLock { commands in
                defer { commands = [] }
                return commands
            }
            for command in due {
                switch command {
                case .start(let id, let call, let head, let body): start(id, call, head, body, &transfers)
                case .resume(let id): if let transfer = transfers[id] { curl_easy_pause(transfer.handle, 0) }
                case .cancel(let id): end(id, &transfers) { $0.cancelled() }
                case .stop: isStopping = true
                }
            }
            var running: Int32 = 0
            curl_multi_perform(multi.handle, &running)
            for (id, code) in finished() { end(id, &transfers) { $0.finish(code) } }
            if !isStopping { curl_multi_poll(multi.handle, nil, 0, 1000, nil) }
        }
        for id in transfers.keys { end(id, &transfers) { $0.cancelled() } }
    }

    private func start(
        _ id: UInt64,
        _ call: HTTPCall,
        _ head: CurlTransfer.Head,
        _ body: HTTPBody,
        _ transfers: inout [UInt64: CurlTransfer]
    ) {
        // The caller may have been cancelled before this was its turn.
        guard !head.isAnswered else { return }
        guard let transfer = CurlTransfer(id: id, call: call, head: head, body: body) else {
            head.answer(.failure(OutboundError.malformed("The address or a header is not one that can be sent.")))
            return
        }
        transfers[id] = transfer
        curl_multi_add_handle(multi.handle, transfer.handle)
    }

    private func end(_ id: UInt64, _ transfers: inout [UInt64: CurlTransfer], _ tell: (CurlTransfer) -> Void) {
        guard let transfer = transfers.removeValue(forKey: id) else { return }
        curl_multi_remove_handle(multi.handle, transfer.handle)
        tell(transfer)
    }

    private func finished() -> [(UInt64, CURLcode)] {
        var finished: [(UInt64, CURLcode)] = []
        var waiting: Int32 = 0
        while let message = curl_multi_info_read(multi.handle, &waiting) {
            guard message.pointee.msg == CURLMSG_DONE else { continue }
            var context: UnsafeMutableRawPointer?
            labsync_get_pointer(message.pointee.easy_handle, CURLINFO_PRIVATE, &context)
            guard let context else { continue }
            let transfer = Unmanaged<CurlTransfer>.fromOpaque(context).takeUnretainedValue()
            finished.append((transfer.id, message.pointee.data.result))
        }
        return finished
    }
}
