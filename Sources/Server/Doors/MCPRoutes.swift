import Assistant
import Domain
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import NIOFoundationCompat

/// `/mcp`: the Model Context Protocol over streamable HTTP, in its modern era without sessions and in the one with a
/// handshake; every call acts for whoever its token speaks for.
struct MCPRoutes {
    let tools: MCPTools
    let allowedOrigins: Set<String>

    private static let server: JSONValue = ["name": "labsync", "title": "Labsync", "version": "1.0.0"]
    private static let instructions =
        "Answers from a research lab's own messages, statuses, files and calendar, limited to what the caller may see."

    func add(to router: some RouterMethods<LabsyncContext>) {
        router.post("/mcp", use: post)
        // No stream to listen on and no session to end.
        router.get("/mcp") { _, _ in Self.onlyPost }
        router.delete("/mcp") { _, _ in Self.onlyPost }
    }

    private static var onlyPost: Response {
        let refusal = #"{"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"Send messages with POST."}}"#
        var response = Response.json(Data(refusal.utf8), status: .methodNotAllowed)
        response.headers[.allow] = "POST"
        return response
    }

    @Sendable
    private func post(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        if let origin = request.headers[.origin], !allowedOrigins.contains(origin),
            !origin.hasSuffix("://\(request.head.authority ?? "")")
        {
            throw PublicError(.forbidden, "This page may not ask here.")
        }
        let principal = try context.principal()
        var id: JSONValue = nil
        do {
            let buffer = try await body(request, context)
            let message = try MCPMessage(Data(buffer: buffer))
            id = message.id ?? nil
            let version = message.declaredVersion
            if let version {
                try message.checkModern(request.headers, version: version)
            } else {
                try message.checkHandshake(request.headers)
            }
            guard !message.isNotification else { return Response(status: .accepted) }
            let calls = message.method == "tools/call" && tools.chatbot.hasModel
            let result =
                calls
                ? try await context.untilAskerLeaves { [message] in try await outcome(of: message, principal) }
                : try await outcome(of: message, principal)
            return try Self.reply(["jsonrpc": "2.0", "id": id, "result": result], .ok)
        } catch let failure as MCPFailure {
            return try Self.reply(["jsonrpc": "2.0", "id": id, "error": failure.json], failure.status)
        }
    }

    private func outcome(of message: MCPMessage, _ principal: Principal) async throws -> JSONValue {
        message.declaredVersion == nil
            ? try await handshake(message, principal) : try await modern(message, principal)
    }

    private func body(_ request: Request, _ context: LabsyncContext) async throws -> ByteBuffer {
        do {
            return try await request.body.collect(upTo: context.maxUploadSize)
        } catch {
            throw PublicError(.tooLarge, "The body is larger than \(context.maxUploadSize) bytes.")
        }
    }

    private static func reply(_ value: JSONValue, _ status: HTTPResponse.Status) throws -> Response {
        .json(try value.data(), status: status)
    }

    // MARK: 2025-03-26 to 2025-11-25

    private func handshake(_ message: MCPMessage, _ principal: Principal) async throws -> JSONValue {
        switch message.method {
        case "initialize":
            let wanted = message.parameters["protocolVersion"]?.text ?? ""
            let version = MCPMessage.handshakeVersions.contains(wanted) ? wanted : MCPMessage.handshakeVersions.last
            return [
                "protocolVersion": .text(version ?? ""), "capabilities": ["tools": ["listChanged": false]],
                "serverInfo": Self.server, "instructions": .text(Self.instructions),
            ]
        case "ping": return [:]
        case "tools/list": return ["tools": MCPTools.list]
        case "tools/call": return .object(try await call(message, principal, status: .ok))
        default: throw MCPFailure(-32601, "There is no method \(message.method).")
        }
    }

    // MARK: 2026-07-28

    private func modern(_ message: MCPMessage, _ principal: Principal) async throws -> JSONValue {
        let lasting: [String: JSONValue] = ["resultType": "complete", "ttlMs": 300_000, "cacheScope": "private"]
        let meta: JSONValue = ["io.modelcontextprotocol/serverInfo": Self.server]
        switch message.method {
        case "server/discover":
            let supported = [MCPMessage.modernVersion] + MCPMessage.handshakeVersions.reversed()
            return .object(
                lasting.merging([
                    "supportedVersions": .list(supported.map { .text($0) }), "capabilities": ["tools": [:]],
                    "instructions": .text(Self.instructions), "_meta": meta,
                ]) { $1 }
            )
        case "tools/list":
            return .object(lasting.merging(["tools": MCPTools.list]) { $1 })
        case "tools/call":
            return .object(
                try await call(message, principal, status: .badRequest).merging(["resultType": "complete"]) { $1 }
            )
        default:
            throw MCPFailure(-32601, "There is no method \(message.method).", status: .notFound)
        }
    }

    private func call(
        _ message: MCPMessage,
        _ principal: Principal,
        status: HTTPResponse.Status
    ) async throws -> [String: JSONValue] {
        guard let name = message.parameters["name"]?.text, let tool = MCPTools.Tool(rawValue: name) else {
            throw MCPFailure(-32602, "There is no such tool.", status: status)
        }
        do {
            let (text, structured) = try await tools.call(tool, message.parameters["arguments"] ?? [:], principal)
            return [
                "content": [["type": "text", "text": .text(text)]], "structuredContent": structured, "isError": false,
            ]
        } catch let error as PublicError where error.code != .unauthenticated {
            // The model that called can read this and do better.
            return ["content": [["type": "text", "text": .text(error.sentence)]], "isError": true]
        }
    }
}
