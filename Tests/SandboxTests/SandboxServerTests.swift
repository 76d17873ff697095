import Foundation
import FoundationNetworking
import Testing

@testable import Sandbox

@Suite struct `Sandbox over sockets` {
    private let session: URLSession

    init() {
        let configuration = URLSessionConfiguration.ephemeral
        configuration.timeoutIntervalForRequest = 20
        session = URLSession(configuration: configuration)
    }

    private func started(_ change: (inout SandboxOptions) -> Void = { _ in }) throws -> SandboxServer {
        var options = SandboxOptions()
        options.machines = 30
        change(&options)
        let server = SandboxServer(options: options)
        try server.start()
        return server
    }

    private func send(
        _ method: String, _ url: String, _ headers: [String: String] = [:], body: String? = nil
    ) async throws -> (status: Int, json: JSONValue) {
        var request = URLRequest(url: try #require(URL(string: url)))
        request.httpMethod = method
        for (name, value) in headers { request.setValue(value, forHTTPHeaderField: name) }
        request.httpBody = body.map { Data($0.utf8) }
        let (data, response) = try await session.data(for: request)
        let status = try #require(response as? HTTPURLResponse).statusCode
        return (status, (try? JSONParser.parse(Array(data))) ?? .null)
    }

    private func token(_ server: SandboxServer) async throws -> String {
        let form =
            "grant_type=client_credentials&client_id=\(SandboxOptions.demoClientID)"
            + "&client_secret=\(SandboxOptions.demoClientSecret)&scope=https%3A%2F%2Fapi.securitycenter.microsoft.com%2F.default"
        let answer = try await send(
            "POST", "\(server.defenderURL)/\(SandboxOptions.demoTenant)/oauth2/v2.0/token",
            ["Content-Type": "application/x-www-form-urlencoded"], body: form)
        return try #require(answer.json["access_token"]?.stringValue)
    }

    @Test func `answers both services and its own paths`() async throws {
        let server = try started()
        defer { server.stop() }
        let authorization = ["Authorization": "Bearer \(try await token(server))"]
        let machines = try await send("GET", "\(server.defenderURL)/api/machines?$top=10&$skip=25", authorization)
        #expect(machines.json["value"]?.arrayValue?.count == 5)
        let car = ["Authorization": "car-token \(SandboxOptions.demoCARToken)", "Content-Type": "application/json"]
        let envelope = CARProbe.envelope([("asset", [["external_id": "m1", "name": "n"]])]).text
        #expect(try await send("POST", "\(server.carURL)/imports", car, body: envelope).status == 200)
        #expect(
            try await send("GET", "http://127.0.0.1:\(server.carPort)/api/car/v3/health", car).json["message"] == "ok")
        let counters = try await send("GET", "\(server.defenderURL)/_sandbox/counters").json
        #expect(counters["machines"]?["rows"] == 5)
        #expect(server.differences(source: "S").contains("unexpected asset: m1"))
    }

    @Test func `cuts a connection where a fault asks for it`() async throws {
        let server = try started()
        defer { server.stop() }
        server.car.faults.set([Fault("car.health", .resetBefore)])
        let car = ["Authorization": "car-token \(SandboxOptions.demoCARToken)"]
        let url = "http://127.0.0.1:\(server.carPort)/api/car/v3/health"
        await #expect(throws: (any Error).self) { try await send("GET", url, car) }
        #expect(try await send("GET", url, car).status == 200)
    }

    @Test func `delays an answer and stops while another hangs`() async throws {
        let server = try started()
        server.car.faults.set([Fault("car.health", .delay(milliseconds: 30)), Fault("car.health", .hang)])
        let car = ["Authorization": "car-token \(SandboxOptions.demoCARToken)"]
        let url = "http://127.0.0.1:\(server.carPort)/api/car/v3/health"
        #expect(try await send("GET", url, car).status == 200)
        async let hanging = send("GET", url, car)
        let deadline = Date().addingTimeInterval(10)
        while server.car.faults.hits["car.health"] != 2, Date() < deadline { await Task.yield() }
        server.stop()
        let status = try? await hanging.status
        #expect(status == nil || status == 503, "\(String(describing: status))")
    }

    @Test func `does not start on a port that is taken`() throws {
        let first = try started()
        defer { first.stop() }
        #expect(throws: (any Error).self) { try started { $0.defenderPort = first.defenderPort } }
    }
}
