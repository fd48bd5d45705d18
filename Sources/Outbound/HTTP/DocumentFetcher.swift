public import Foundation

/// Fetches one document, such as a key set, from an address of the operator's choosing.
public struct DocumentFetcher: Sendable {
    private let client: HTTPClient
    private let url: String

    public init(client: HTTPClient, url: String) {
        self.client = client
        self.url = url
    }

    /// At most 256 kB, within five seconds.
    public func fetch() async throws -> Data {
        try await client.data(
            HTTPCall("GET", url, headers: ["Accept": "application/json"], deadline: .seconds(5)),
            limit: 256 * 1024
        )
    }
}
