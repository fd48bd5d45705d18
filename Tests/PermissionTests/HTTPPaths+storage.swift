import Domain
import Foundation
import Testing

extension HTTPPaths {
    /// Objects by every way to them that Supabase's clients know.
    static func storage(_ server: LabServer, _ world: World) -> [Path] {
        reading(server, world) + listing(server, world) + signing(server, world) + [copying(server, world)]
    }

    private static func objects(of world: World) -> [(item: World.Item, path: String)] {
        world.items.values.compactMap { item in item.objectPath.map { (item, $0) } }
    }

    private static func reading(_ server: LabServer, _ world: World) -> [Path] {
        let objects = objects(of: world)
        func path(_ name: String, _ method: String, _ door: String) -> Path {
            Path(name: name, kinds: [], showsObjects: true) { principal in
                var text = ""
                for (item, path) in objects {
                    let reply = try await server.send(method, "/storage/v1/object/\(door)\(path)", nil, [:], principal)
                    text += method == "HEAD" && reply.status == 200 ? item.canary : reply.body
                }
                return text
            }
        }
        return [
            path("GET object", "GET", ""),
            path("HEAD object", "HEAD", ""),
            path("GET authenticated object", "GET", "authenticated/"),
            path("GET object's info", "GET", "info/"),
            path("GET authenticated object's info", "GET", "info/authenticated/"),
            publicly("GET public object", server, world, ""),
            publicly("GET public object's info", server, world, "info/"),
            Path(name: "GET object unless known", kinds: [], showsObjects: true) { principal in
                var text = ""
                for (item, path) in objects {
                    for range in [[:], ["Range": "bytes=0-1"]] {
                        let headers = ["If-None-Match": "*"].merging(range) { $1 }
                        let reply = try await server.get("/storage/v1/object/\(path)", headers, as: principal)
                        if [304, 206].contains(reply.status) { text += item.canary }
                    }
                }
                return text
            },
        ]
    }

    /// Whoever asks, with or without a name: it is the bucket that decides.
    private static func publicly(_ name: String, _ server: LabServer, _ world: World, _ door: String) -> Path {
        let (objects, publicBuckets) = (objects(of: world), world.publicBuckets)
        return Path(name: name, kinds: []) { principal in
            var text = ""
            for (item, path) in objects {
                let reply = try await server.get("/storage/v1/object/\(door)public/\(path)", as: principal)
                guard case .bucket(let id) = item.place, publicBuckets.contains(id) else {
                    #expect(reply.status == 400, "\(name) shows \(path)")
                    continue
                }
                #expect(reply.body.contains(item.canary), "\(name) hides \(path)")
                text += reply.body
            }
            return text
        }
    }

    private static func listing(_ server: LabServer, _ world: World) -> [Path] {
        let prefixes = ["", "folder"] + world.members.keys.map { "conversations/\($0)" }
        return [
            Path(name: "POST object list", kinds: [], showsObjects: true) { principal in
                var text = ""
                for bucket in World.buckets {
                    for prefix in prefixes {
                        let body = ["prefix": prefix]
                        text += try await server.post("/storage/v1/object/list/\(bucket)", body, as: principal).body
                    }
                }
                return text
            },
            Path(name: "POST object list-v2", kinds: [], showsObjects: true) { principal in
                var text = ""
                for bucket in World.buckets {
                    text += try await server.post("/storage/v1/object/list-v2/\(bucket)", [:], as: principal).body
                }
                return text
            },
        ]
    }

    private static func signing(_ server: LabServer, _ world: World) -> [Path] {
        let objects = objects(of: world)
        @Sendable func fetch(_ signed: Any?, _ principal: Principal) async throws -> String {
            guard let address = (signed as? [String: Any])?["signedURL"] as? String else { return "" }
            return try await server.get("/storage/v1\(address)", as: principal).body
        }
        return [
            Path(name: "GET signed object", kinds: [], showsObjects: true) { principal in
                var text = ""
                for (_, path) in objects {
                    let said = ["expiresIn": 60]
                    let reply = try await server.post("/storage/v1/object/sign/\(path)", said, as: principal)
                    text += try await fetch(JSONSerialization.jsonObject(with: Data(reply.body.utf8)), principal)
                }
                return text
            },
            Path(name: "GET objects signed together", kinds: [], showsObjects: true) { principal in
                var text = ""
                for bucket in World.buckets {
                    let paths = objects.map(\.path).filter { $0.hasPrefix("\(bucket)/") }
                        .map { String($0.dropFirst(bucket.count + 1)) }
                    let said: [String: Any] = ["expiresIn": 60, "paths": paths]
                    let reply = try await server.post("/storage/v1/object/sign/\(bucket)", said, as: principal)
                    let list = try JSONSerialization.jsonObject(with: Data(reply.body.utf8)) as? [Any]
                    #expect(list?.count == paths.count)
                    for one in list ?? [] { text += try await fetch(one, principal) }
                }
                return text
            },
        ]
    }

    /// What may be copied may be read in the copy; the copy is taken away again.
    private static func copying(_ server: LabServer, _ world: World) -> Path {
        let objects = objects(of: world)
        return Path(name: "GET copied object", kinds: [], showsObjects: true) { principal in
            var text = ""
            for (number, object) in objects.enumerated() {
                guard let slash = object.path.firstIndex(of: "/") else { continue }
                let copy = "copies/\(principal.user)/\(number).txt"
                let said = [
                    "bucketId": String(object.path[..<slash]), "destinationBucket": "closed", "destinationKey": copy,
                    "sourceKey": String(object.path[object.path.index(after: slash)...]),
                ]
                _ = try await server.post("/storage/v1/object/copy", said, as: principal)
                text += try await server.get("/storage/v1/object/closed/\(copy)", as: principal).body
                _ = try await server.send("DELETE", "/storage/v1/object/closed/\(copy)", nil, [:], principal)
            }
            return text
        }
    }
}
