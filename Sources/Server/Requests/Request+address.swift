import HTTPTypes
import Hummingbird

extension Request {
    /// Where this server has something, as the asker reached it.
    func address(of path: String) -> String {
        let scheme = headers[.forwardedProto] == "https" ? "https" : "http"
        return "\(scheme)://\(head.authority ?? "localhost")\(path)"
    }
}
