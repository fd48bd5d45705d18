import Foundation
import Hummingbird

/// `/openapi.json`: written from the routes that the router really has, with what `RouteNotes` says of each.
enum OpenAPI {
    /// Stands where a route has no note.
    private static let undescribed = "Not described yet."

    static func document(_ routes: [(method: String, path: String)]) throws -> Data {
        let notes = RouteNotes.all
        var paths: [String: [String: Any]] = [:]
        for (method, path) in routes {
            // Never left out: a test looks for what has no note.
            let note = notes["\(method) \(path)"] ?? RouteNote(summary: undescribed)
            // What follows in the address, slashes included.
            let template = path.replacingOccurrences(of: "**", with: "{path}")
            paths[template, default: [:]][method.lowercased()] = operation(method, template, note)
        }
        let document: [String: Any] = [
            "openapi": "3.1.0",
            "info": ["title": "Labsync", "version": "1.0.0", "description": "The backend of a lab's workspace."],
            "servers": [["url": "/"]],
            "paths": paths,
            "security": [["bearer": [String]()], ["session": [String]()]],
            "components": ["securitySchemes": securitySchemes, "schemas": ["Problem": problem]],
        ]
        return try JSONSerialization.data(withJSONObject: document, options: [.sortedKeys, .withoutEscapingSlashes])
    }

    private static func operation(_ method: String, _ path: String, _ note: RouteNote) -> [String: Any] {
        var operation: [String: Any] = [
            "summary": note.summary,
            "operationId":
                "\(method.lowercased())\(path.map { $0.isLetter || $0.isNumber ? $0 : "_" }.map(String.init).joined())",
            "tags": [tag(path)],
            "responses": responses(note, path),
        ]
        let parameters = pathParameters(path) + note.query.map { parameter($0, in: "query") }
        if !parameters.isEmpty { operation["parameters"] = parameters }
        if !note.body.isEmpty { operation["requestBody"] = body(note.body) }
        if !note.needsSignIn { operation["security"] = [[String: Any]]() }
        return operation
    }

    private static func tag(_ path: String) -> String {
        let parts = path.split(separator: "/")
        return String(parts.first == "api" && parts.count > 1 ? parts[1] : parts.first ?? "system")
    }

    private static func responses(_ note: RouteNote, _ path: String) -> [String: Any] {
        var success: [String: Any] = [
            "description": [202, 204].contains(note.success) ? "Done; nothing to say." : "Done."
        ]
        if ![101, 202, 204].contains(note.success) {
            var content: [String: Any] = [note.contentType: ["schema": [String: Any]()]]
            if path == "/mcp" || (note.body + note.query).contains(where: { $0.name == "stream" }) {
                content["text/event-stream"] = ["schema": [String: Any]()]
            }
            success["content"] = content
        }
        var errors: [String: Any] = ["application/problem+json": ["schema": ["$ref": "#/components/schemas/Problem"]]]
        // Other programs' protocols bring their own errors.
        if path == "/mcp" || path.hasPrefix("/v1/") || path.hasPrefix("/storage/") || path.hasPrefix("/realtime/") {
            errors["application/json"] = ["schema": [String: Any]()]
        }
        var responses: [String: Any] = [
            "\(note.success)": success,
            "default": ["description": "What was wrong, in words.", "content": errors] as [String: Any],
        ]
        if let otherwise = note.otherwise {
            success["description"] = otherwise.when
            responses["\(otherwise.status)"] = success
        }
        return responses
    }

    private static func pathParameters(_ path: String) -> [[String: Any]] {
        path.split(separator: "/").filter { $0.hasPrefix("{") }.map { part in
            let name = String(part.dropFirst().dropLast())
            let isText =
                ["secret", "role_id", "topic", "event"].contains(name) || path.hasPrefix("/v1")
                || path.hasPrefix("/storage")
            return parameter(.init(name, isText ? .text : .id, isRequired: true), in: "path")
        }
    }

    private static func parameter(_ field: RouteNote.Field, in place: String) -> [String: Any] {
        ["name": field.name, "in": place, "required": field.isRequired, "schema": field.kind.schema]
    }

    private static func body(_ fields: [RouteNote.Field]) -> [String: Any] {
        var schema: [String: Any] = [
            "type": "object",
            "properties": Dictionary(uniqueKeysWithValues: fields.map { ($0.name, $0.kind.schema) }),
            "additionalProperties": false,
        ]
        let required = fields.filter(\.isRequired).map(\.name)
        if !required.isEmpty { schema["required"] = required }
        let example = Dictionary(
            uniqueKeysWithValues: fields.filter { $0.isRequired || fields.count < 4 }.map { ($0.name, $0.kind.example) }
        )
        return [
            "required": !required.isEmpty,
            "content": ["application/json": ["schema": schema, "example": example] as [String: Any]],
        ]
    }

    private static var securitySchemes: [String: Any] {
        [
            "bearer": ["type": "http", "scheme": "bearer", "bearerFormat": "JWT"],
            "session": ["type": "apiKey", "in": "cookie", "name": "__session"],
        ]
    }

    private static var problem: [String: Any] {
        let text: [String: Any] = ["type": "string"]
        return [
            "type": "object",
            "description": "RFC 9457.",
            "required": ["type", "title", "status", "detail", "code"],
            "properties": [
                "type": text, "title": text, "status": ["type": "integer"], "detail": text, "code": text,
                "request_id": text,
                "errors": [
                    "type": "array",
                    "items": ["type": "object", "properties": ["pointer": text, "detail": text]] as [String: Any],
                ] as [String: Any],
            ] as [String: Any],
        ]
    }
}
