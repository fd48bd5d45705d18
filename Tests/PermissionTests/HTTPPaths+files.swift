import Domain
import Foundation

extension HTTPPaths {
    /// Files' bytes by every way to them; what only tells that something is there counts as shown.
    static func files(_ server: LabServer, _ world: World) -> [Path] {
        contents(server, world) + pictures(server, world) + versions(server, world) + [uploads(server, world)]
    }

    private static func files(of world: World) -> [(item: World.Item, id: String)] {
        world.items.values.filter { $0.source.kind == .file }.map { ($0, $0.source.id.uuidString.lowercased()) }
    }

    private static func contents(_ server: LabServer, _ world: World) -> [Path] {
        let files = files(of: world)
        func path(_ name: String, _ headers: [String: String], by method: String = "GET") -> Path {
            Path(name: name, kinds: [.file]) { principal in
                var text = ""
                for (file, id) in files {
                    let signed = try await server.get("/api/files/download?id=\(id)", as: principal)
                    guard let address = Self.address(in: signed.body) else { continue }
                    let reply = try await server.send(method, address, nil, headers, principal)
                    let isKnown = reply.status == 304 || method == "HEAD" && reply.status == 200
                    text += isKnown ? file.canary : reply.body
                }
                return text
            }
        }
        return [
            path("GET file's bytes", [:]),
            path("HEAD file's bytes", [:], by: "HEAD"),
            path("GET file's range", ["Range": "bytes=0-"]),
            path("GET file unless known", ["If-None-Match": "*"]),
            Path(name: "GET file unless known to have changed", kinds: [.file]) { principal in
                var text = ""
                for (file, id) in files {
                    let reply = try await server.get("/api/files/\(id)", ["If-None-Match": "*"], as: principal)
                    text += reply.status == 304 ? file.canary : reply.body
                }
                return text
            },
        ]
    }

    private static func pictures(_ server: LabServer, _ world: World) -> [Path] {
        let files = files(of: world)
        return [
            Path(name: "GET file's picture", kinds: [.file]) { principal in
                var text = ""
                for (file, id) in files {
                    for headers in [[:], ["If-None-Match": "*"]] {
                        let reply = try await server.get("/api/files/\(id)/thumbnail", headers, as: principal)
                        text += reply.status == 304 ? file.canary : reply.body
                    }
                }
                return text
            }
        ]
    }

    private static func versions(_ server: LabServer, _ world: World) -> [Path] {
        let files = files(of: world)
        let versions = world.secrets.filter { $0.kind == .version }
        return [
            Path(name: "GET file's versions", kinds: [.file], secrets: [.version]) { principal in
                var text = ""
                for (file, id) in files {
                    let reply = try await server.get("/api/files/\(id)/versions", as: principal)
                    if reply.status == 200 { text += file.canary + reply.body }
                }
                return text
            },
            // Whoever learned its number, though the list told nothing.
            Path(name: "GET version's bytes", kinds: [], secrets: [.version]) { principal in
                var text = ""
                for version in versions {
                    for (_, id) in files {
                        let place = "/api/files/download?id=\(id)&version_id=\(version.id)"
                        guard let address = Self.address(in: try await server.get(place, as: principal).body) else {
                            continue
                        }
                        text += try await server.get(address, as: principal).body
                    }
                }
                return text
            },
        ]
    }

    private static func uploads(_ server: LabServer, _ world: World) -> Path {
        let uploads = world.secrets.filter { $0.kind == .upload }
        return Path(name: "HEAD upload", kinds: [], secrets: [.upload]) { principal in
            var text = ""
            for upload in uploads {
                let headers = ["Tus-Resumable": "1.0.0"]
                let reply = try await server.send("HEAD", upload.address, nil, headers, principal)
                text += reply.status == 200 ? upload.canary : reply.body
            }
            return text
        }
    }
}
