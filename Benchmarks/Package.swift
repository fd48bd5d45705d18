// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "benchmarks",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "labsync", path: "..")],
    targets: [
        .target(name: "CLimits", cSettings: [.unsafeFlags(["-O3"])]),
        .executableTarget(
            name: "VectorBench",
            dependencies: [
                "CLimits", .product(name: "Domain", package: "labsync"),
                .product(name: "Retrieval", package: "labsync"),
            ]
        ),
        .executableTarget(name: "EncoderBench", dependencies: [.product(name: "Retrieval", package: "labsync")]),
    ]
)
