internal import CCurl
import Foundation
import Synchronization

/// One exchange: its easy handle, and where head and body go. Touched by the loop's thread alone, but for `head`.
final class CurlTransfer {
    /// The caller's wait for the head, answered once: by the head, a failure or the caller's own cancellation.
    ///
    /// The answer is handed over and not kept: whoever keeps a reply keeps its body, and so the transfer.
    final class Head: Sendable {
        private enum State {
            case open
            case awaited(CheckedContinuation<HTTPReply, any Error>)
            case known(Result<HTTPReply, any Error>)
            case answered
        }

        private let state = Mutex(State.open)

        var isAnswered: Bool {
            state.withLock { state in
                switch state {
                case .open, .awaited: false
                case .known, .answered: true
                }
            }
        }

        func wait(_ continuation: CheckedContinuation<HTTPReply, any Error>) {
            let known = state.withLock { state -> Result<HTTPReply, any Error>? in
                guard case .known(let result) = state else {
                    state = .awaited(continuation)
                    return nil
                }
                state = .answered
                return result
            }
            if let known { continuation.resume(with: known) }
        }

        func answer(_ result: Result<HTTPReply, any Error>) {
            let waiting = state.withLock { state -> CheckedContinuation<HTTPReply, any Error>? in
                switch state {
                case .open: state = .known(result)
                case .awaited(let continuation):
                    state = .answered
                    return continuation
                case .known, .answered: break
                }
                return nil
            }
            waiting?.resume(with: result)
        }
    }

    let id: UInt64
    let handle: UnsafeMutableRawPointer
    private let head: Head
    /// Weak: the reader owns the body, and its letting go ends the transfer.
    private weak var body: HTTPBody?
    /// Until the head has gone to the caller.
    private var heldBody: HTTPBody?
    private var headers: [String: String] = [:]
    private var status = 0
    private var headerList: UnsafeMutablePointer<curl_slist>?

    /// Nil when libcurl has no memory or refuses the address.
    init?(id: UInt64, call: HTTPCall, head: Head, body: HTTPBody) {
        guard let handle = curl_easy_init() else { return nil }
        self.id = id
        self.handle = handle
        self.head = head
        self.body = body
        heldBody = body
        guard configure(call) else { return nil }
    }

    deinit {
        curl_easy_cleanup(handle)
        curl_slist_free_all(headerList)
    }

    private func configure(_ call: HTTPCall) -> Bool {
        let context = Unmanaged.passUnretained(self).toOpaque()
        for (name, value) in call.headers.sorted(by: { $0.key < $1.key }) {
            // A line break would begin a header of somebody else's choosing.
            guard !(name + value).contains(where: \.isNewline) else { return false }
            headerList = curl_slist_append(headerList, "\(name): \(value)")
        }
        // Without it curl waits a second for a "100 Continue" that many servers never send.
        headerList = curl_slist_append(headerList, "Expect:")
        var codes = [
            labsync_set_string(handle, CURLOPT_URL, call.url),
            labsync_set_string(handle, CURLOPT_PROTOCOLS_STR, "http,https"),
            labsync_set_string(handle, CURLOPT_CUSTOMREQUEST, call.method),
            labsync_set_string(handle, CURLOPT_USERAGENT, "labsync"),
            labsync_set_string(handle, CURLOPT_ACCEPT_ENCODING, ""),
            labsync_set_long(handle, CURLOPT_NOSIGNAL, 1),
            labsync_set_long(handle, CURLOPT_FOLLOWLOCATION, 0),
            labsync_set_long(handle, CURLOPT_CONNECTTIMEOUT_MS, min(10_000, call.deadline.milliseconds)),
            labsync_set_long(handle, CURLOPT_TIMEOUT_MS, call.deadline.milliseconds),
            labsync_set_long(handle, CURLOPT_LOW_SPEED_LIMIT, 1),
            labsync_set_long(handle, CURLOPT_LOW_SPEED_TIME, max(1, call.patience.milliseconds / 1000)),
            labsync_set_pointer(handle, CURLOPT_HTTPHEADER, headerList),
            labsync_set_pointer(handle, CURLOPT_PRIVATE, context),
            labsync_set_pointer(handle, CURLOPT_WRITEDATA, context),
            labsync_set_pointer(handle, CURLOPT_HEADERDATA, context),
            labsync_set_callback(handle, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
                CurlTransfer.of(context).received(UnsafeRawBufferPointer(start: bytes, count: size * count))
            },
            labsync_set_callback(handle, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
                CurlTransfer.of(context).receivedHeader(UnsafeRawBufferPointer(start: bytes, count: size * count))
            },
        ]
        if let data = call.body {
            codes.append(labsync_set_size(handle, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(data.count)))
            // Copied by libcurl, which needs the size first.
            codes.append(
                data.withUnsafeBytes {
                    labsync_set_pointer(
                        handle,
                        CURLOPT_COPYPOSTFIELDS,
                        UnsafeMutableRawPointer(mutating: $0.baseAddress)
                    )
                }
            )
        }
        return codes.allSatisfy { $0 == CURLE_OK }
    }

    private static func of(_ context: UnsafeMutableRawPointer?) -> CurlTransfer {
        guard let context else { preconditionFailure("The callback's context is set with the callback.") }
        return Unmanaged<CurlTransfer>.fromOpaque(context).takeUnretainedValue()
    }

    private func received(_ bytes: UnsafeRawBufferPointer) -> Int {
        guard let body else { return labsync_write_abort }
        return body.offer(bytes) ? bytes.count : labsync_write_pause
    }

    private func receivedHeader(_ bytes: UnsafeRawBufferPointer) -> Int {
        let line = String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        if line.hasPrefix("HTTP/") {
            status = line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
            headers = [:]
        } else if let colon = line.firstIndex(of: ":") {
            headers[line[..<colon].lowercased()] = line[line.index(after: colon)...].trimmingCharacters(
                in: .whitespaces
            )
        } else if line.isEmpty, status >= 200 {
            giveHead()
        }
        return bytes.count
    }

    private func giveHead() {
        guard let body = heldBody else { return }
        heldBody = nil
        head.answer(.success(HTTPReply(status: status, headers: headers, body: body)))
    }

    func finish(_ code: CURLcode) {
        let failure: OutboundError? =
            switch code {
            case CURLE_OK: nil
            case CURLE_OPERATION_TIMEDOUT: .deadlineExceeded
            default: .connection(code: code.rawValue, reason: String(cString: curl_easy_strerror(code)))
            }
        if let failure {
            head.answer(.failure(failure))
            (heldBody ?? body)?.finish(.failure(failure))
        } else {
            let body = heldBody ?? self.body
            giveHead()
            body?.finish(.success(()))
        }
    }

    func cancelled() {
        head.answer(.failure(CancellationError()))
        (heldBody ?? body)?.finish(.failure(CancellationError()))
    }
}

extension Duration {
    fileprivate var milliseconds: Int {
        Int(components.seconds) * 1000 + Int(components.attoseconds / 1_000_000_000_000_000)
    }
}
