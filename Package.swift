// swift-tools-version:6.1
import PackageDescription

let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let sqlite: Target.Dependency = .product(name: "GRDBSQLite", package: "GRDB.swift")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let metrics: Target.Dependency = .product(name: "Metrics", package: "swift-metrics")
let coreMetrics: Target.Dependency = .product(name: "CoreMetrics", package: "swift-metrics")

let package = Package(
    name: "defender-car",
    products: [
        .executable(name: "defender-car", targets: ["defender-car"]),
        // With the targets whose types their interfaces take and return.
        .library(name: "DefenderFetcher", targets: ["DefenderFetcher", "ConnectorCore", "OutboundHTTP"]),
        .library(name: "CARImporter", targets: ["CARImporter", "ConnectorCore", "OutboundHTTP"]),
        .library(name: "MicroHTTP", targets: ["MicroHTTP"]),
    ],
    dependencies: [
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
    ],
    targets: [
        // C and C++ libraries of the system: what Swift can't import, nothing else.
        .systemLibrary(
            name: "CMicroHTTPD", pkgConfig: "libmicrohttpd", providers: [.apt(["libmicrohttpd-dev"])]),
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CMalloc"),
        .target(name: "CSimdJSON", linkerSettings: [.linkedLibrary("simdjson")]),

        // Locks and the bridge from blocking work on Dispatch to async code.
        .target(name: "Threading"),

        .target(name: "MicroHTTP", dependencies: ["CMicroHTTPD", "Threading"]),
        .target(name: "ConnectorCore", dependencies: ["Threading"]),
        .target(name: "OutboundHTTP", dependencies: ["CCurl", "Threading"]),
        .target(name: "DefenderFetcher", dependencies: ["ConnectorCore", "OutboundHTTP", "CSimdJSON", "Threading"]),
        .target(name: "CARImporter", dependencies: ["ConnectorCore", "OutboundHTTP", "Threading"]),
        .target(name: "Store", dependencies: ["ConnectorCore", "Threading", grdb, sqlite]),
        .target(name: "JobQueue", dependencies: ["ConnectorCore", "Threading", logging]),
        .target(name: "Telemetry", dependencies: ["Threading", logging, coreMetrics]),
        .target(
            name: "ControlAPI", dependencies: ["MicroHTTP", "ConnectorCore", "Telemetry", "Threading", logging],
            resources: [.embedInCode("Resources")]),
        .target(name: "Sandbox", dependencies: ["MicroHTTP", "Threading"]),
        .executableTarget(
            name: "defender-car",
            dependencies: [
                "ControlAPI", "JobQueue", "Store", "DefenderFetcher", "CARImporter", "OutboundHTTP", "Telemetry",
                "Sandbox", "MicroHTTP", "ConnectorCore", "Threading", "CMalloc", logging, metrics,
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "Yams", package: "Yams"),
            ]),

        .testTarget(name: "MicroHTTPTests", dependencies: ["MicroHTTP", "TestNumbers", "Threading"]),
        .testTarget(name: "ConnectorCoreTests", dependencies: ["ConnectorCore", "Threading"]),
        .testTarget(name: "OutboundHTTPTests", dependencies: ["OutboundHTTP", "TestNumbers", "Threading"]),
        .testTarget(
            name: "DefenderFetcherTests", dependencies: ["DefenderFetcher", "MicroHTTP", "Sandbox", "Threading"]),
        .testTarget(
            name: "CARImporterTests",
            dependencies: ["CARImporter", "ConnectorCore", "OutboundHTTP", "MicroHTTP", "Sandbox", "Threading"]),
        .testTarget(
            name: "StoreTests",
            dependencies: [
                "Store", "ConnectorCore", "DefenderFetcher", "CARImporter", "OutboundHTTP", "Sandbox", "Threading",
                grdb,
            ],
            exclude: ["Migrations/Fixtures"]),
        .testTarget(name: "JobQueueTests", dependencies: ["JobQueue", "Store", "ConnectorCore", "Threading", logging]),
        .testTarget(name: "TelemetryTests", dependencies: ["Telemetry", "Threading", metrics, logging]),
        .target(name: "TestSockets", path: "Tests/TestSockets"),
        .target(name: "TestNumbers", path: "Tests/TestNumbers"),
        .testTarget(
            name: "ControlAPITests",
            dependencies: [
                "ControlAPI", "MicroHTTP", "ConnectorCore", "Store", "TestSockets", "Threading",
                .product(name: "Yams", package: "Yams"),
            ]),
        .testTarget(name: "SandboxTests", dependencies: ["Sandbox", "MicroHTTP"]),
        .testTarget(
            name: "CommandTests",
            dependencies: [
                "defender-car", "ConnectorCore", "DefenderFetcher", "CARImporter", "OutboundHTTP", "Telemetry",
                "Threading", logging, .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "Sandbox", "MicroHTTP", "OutboundHTTP", "Store", "ConnectorCore", "Threading", "DefenderFetcher",
                "CARImporter", "ControlAPI", "Telemetry", "TestNumbers", "TestSockets", "defender-car", logging,
            ]),
    ],
    cxxLanguageStandard: .cxx17
)

// libFuzzer brings a main function of its own, so the program is there only when scripts/fuzz asks for it.
if Context.environment["DEFENDER_CAR_FUZZ"] != nil {
    package.targets.append(
        .executableTarget(
            name: "fuzz",
            dependencies: [
                "DefenderFetcher", "CARImporter", "ControlAPI", "JobQueue", "Store", "OutboundHTTP", "MicroHTTP",
                "ConnectorCore", "Threading", "Sandbox",
            ],
            path: "Tests/Fuzz", exclude: ["Corpus"], swiftSettings: [.unsafeFlags(["-parse-as-library"])]))
}
