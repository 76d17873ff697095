import ConnectorCore
import MicroHTTP
import Testing

@testable import defender_car

extension `End to end` {
    /// What `defender-car import` tells of a service that answers 503.
    @Suite struct `A service that takes no import` {
        @Test(
            .timeLimit(.minutes(5)),
            arguments: [
                (
                    #"{"status":503,"detail":"The database can't be used: the disk that holds /s is full."}"#,
                    "The database can't be used: the disk that holds /s is full"
                ),
                (#"{"status":503,"detail":""}"#, "it stops, or is busy"), ("Busy", "it stops, or is busy"),
            ])
        func `is quoted with its reason, where it gives one`(body: String, reason: String) async throws {
            let server = HTTPServer(configuration: HTTPServerConfiguration(port: 0)) { _ in
                HTTPResponse(status: 503, contentType: "application/problem+json", text: body)
            }
            let address = try server.start()
            defer { server.stop(graceSeconds: 0) }
            let handOver = HandOver(
                url: "http://127.0.0.1:\(address.port)", token: nil, caFile: nil, ownFlags: [], console: JobConsole())
            let request = ImportRequest(kind: .initial, connection: "default", options: JobOptions())
            #expect(try await handOver.run(request) == .gone(reason))
        }
    }
}
