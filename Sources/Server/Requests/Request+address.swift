import HTTPTypes
import Hummingbird

extension Request {
    /// Where this server has something, as the asker reached it.
    func address(of path: String) -> String {
        let scheme = headers[.init("X-Forwarded-Proto") ?? .origin] == "https" ? "https" : "http"
        return "\(scheme)://\(head.authority ?? "localhost")\(path)"
    }
}
