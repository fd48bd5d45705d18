import Foundation
import HTTPTypes
import Hummingbird

/// A JSON-RPC request, and which of the protocol's two eras it speaks.
struct MCPMessage {
    static let modernVersion = "2026-07-28"
    static let handshakeVersions = ["2025-03-26", "2025-06-18", "2025-11-25"]
    static let metaVersion = "io.modelcontextprotocol/protocolVersion"
    static let metaCapabilities = "io.modelcontextprotocol/clientCapabilities"

    let id: JSONValue?
    let method: String
    let parameters: JSONValue

    init(_ data: Data) throws {
        guard let value = try? JSONValue(data) else {
            throw MCPFailure(-32700, "The body is not JSON.", status: .badRequest)
        }
        guard case .object = value, value["jsonrpc"]?.text == "2.0", let method = value["method"]?.text else {
            throw MCPFailure(-32600, "The body must be one JSON-RPC 2.0 request.", status: .badRequest)
        }
        id = value["id"]
        self.method = method
        parameters = value["params"] ?? [:]
    }

    var isNotification: Bool { id == nil }

    /// Nil in the handshake era.
    var declaredVersion: String? { method == "initialize" ? nil : parameters["_meta"]?[Self.metaVersion]?.text }

    /// What the modern era asks of a request beside its body.
    func checkModern(_ headers: HTTPFields, version: String) throws {
        guard version == Self.modernVersion else {
            throw MCPFailure(
                -32022,
                "This protocol version is not supported.",
                status: .badRequest,
                data: ["supported": [.text(Self.modernVersion)], "requested": .text(version)]
            )
        }
        try require(headers, "MCP-Protocol-Version", version)
        try require(headers, "Mcp-Method", method)
        if method == "tools/call" { try require(headers, "Mcp-Name", parameters["name"]?.text ?? "") }
        guard parameters["_meta"]?[Self.metaCapabilities] != nil else {
            throw MCPFailure(-32602, "_meta lacks \(Self.metaCapabilities).", status: .badRequest)
        }
    }

    func checkHandshake(_ headers: HTTPFields) throws {
        guard method != "initialize", let version = Self.header(headers, "MCP-Protocol-Version") else { return }
        guard Self.handshakeVersions.contains(version) else {
            throw MCPFailure(
                -32022,
                "This protocol version is not supported.",
                status: .badRequest,
                data: [
                    "supported": .list((Self.handshakeVersions + [Self.modernVersion]).map { .text($0) }),
                    "requested": .text(version),
                ]
            )
        }
    }

    private func require(_ headers: HTTPFields, _ name: String, _ expected: String) throws {
        guard let value = Self.header(headers, name) else {
            throw MCPFailure(-32020, "The header \(name) is missing.", status: .badRequest)
        }
        guard Self.decoded(value) == expected else {
            throw MCPFailure(-32020, "The header \(name) does not match the body.", status: .badRequest)
        }
    }

    private static func header(_ headers: HTTPFields, _ name: String) -> String? {
        HTTPField.Name(name).flatMap { headers[$0] }
    }

    /// `=?base64?…?=`
    private static func decoded(_ value: String) -> String {
        guard value.hasPrefix("=?base64?"), value.hasSuffix("?="), value.count > 11,
            let data = Data(base64Encoded: String(value.dropFirst(9).dropLast(2)))
        else { return value }
        return String(decoding: data, as: UTF8.self)
    }
}

/// A failure of the protocol, as JSON-RPC tells it.
struct MCPFailure: Error {
    let code: Int
    let message: String
    let status: HTTPResponse.Status
    let data: JSONValue?

    init(_ code: Int, _ message: String, status: HTTPResponse.Status = .ok, data: JSONValue? = nil) {
        self.code = code
        self.message = message
        self.status = status
        self.data = data
    }

    var json: JSONValue {
        var fields: [String: JSONValue] = ["code": .integer(code), "message": .text(message)]
        if let data { fields["data"] = data }
        return .object(fields)
    }
}
