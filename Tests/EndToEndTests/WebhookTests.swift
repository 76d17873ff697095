import ConnectorCore
import Foundation
import Logging
import MicroHTTP
import Store
import Telemetry
import Testing
import Threading

@testable import defender_car

extension `End to end` {
    @Suite struct Webhooks {
        private static let secret = "a-key-for-signatures"

        private struct Event: Decodable {
            var specversion: String
            var id: String
            var type: String
            var time: String
            var data: JobAnswer
        }

        @Test(.timeLimit(.minutes(5))) func `tell of every end, signed, until they are taken`() async throws {
            let receiver = try EventReceiver(refusals: 1)
            let settings = ["WEBHOOK_URL": "\(receiver.url)?key=hidden", "WEBHOOK_SECRET": Self.secret]
            try await withScenario(environment: settings) { scenario in
                let (service, client) = try await scenario.start()
                let job = try await client.run("initial")
                expectSucceeded(job)
                try await poll(until: "the event is sent again") { receiver.requests.count == 2 }
                for request in receiver.requests {
                    #expect(request.headers["Content-Type"]?.hasPrefix("application/cloudevents+json") == true)
                    let digest = MessageDigest.hmacSHA256(key: Array(Self.secret.utf8), message: request.body)
                    let expected = digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
                    #expect(request.headers["X-Hub-Signature-256"] == "sha256=\(expected)")
                    let event = try JSONDecoder().decode(Event.self, from: Data(request.body))
                    #expect(event.specversion == "1.0" && event.id == job.id && event.data.state == "succeeded")
                    #expect(event.type == "defender-car.job.succeeded")
                    let text = String(decoding: request.body, as: UTF8.self)
                    #expect(!text.contains(scenario.sandbox.options.clientSecret))
                }
                scenario.sandbox.defender.faults.add(.init("machines", .status(403), count: nil))
                #expect(try await client.run("incremental").state == "failed")
                try await poll(until: "the failure is told") { receiver.requests.count == 3 }
                let failed = try JSONDecoder().decode(Event.self, from: Data(receiver.requests[2].body))
                #expect(failed.type == "defender-car.job.failed" && failed.data.failure?.code == 53)
                for (outcome, count) in [("delivered", 2), ("failed", 1), ("given_up", 0)] {
                    try await expectDeliveries(outcome, count, client)
                }
                #expect(!service.standardError.contains("hidden") && !service.standardError.contains(Self.secret))
            }
        }

        @Test(.timeLimit(.minutes(2))) func `are given up where the receiver refuses for good`() async throws {
            let receiver = try EventReceiver(refusals: .max, status: 410)
            try await withService(environment: ["WEBHOOK_URL": receiver.url]) { _, client in
                expectSucceeded(try await client.run("initial"))
                try await expectDeliveries("given_up", 1, client)
                try await expectDeliveries("failed", 1, client)
                #expect(receiver.requests.count == 1)
            }
        }

        @Test(.timeLimit(.minutes(5))) func `that the store can't be asked about are in the log`() async throws {
            let store = try SQLiteStore.temporary()
            let request = JobRequest(kind: .initial, connection: "default", trigger: .api)
            let now = Timestamp(milliseconds: 1_795_468_000_000)
            guard case .created(let job) = try store.enqueue(request, now: now) else { throw Unexpected() }
            _ = try store.requestCancel(job.id, now: now)
            let lines = Locked<[String]>([])
            let logger = Logger(label: "webhook") { label in
                ServiceLogHandler(
                    label: label, format: .text, level: .warning,
                    sink: LogSink { line in lines.withLock { $0.append(String(decoding: line, as: UTF8.self)) } })
            }
            let notifier = WebhookNotifier(
                url: "http://127.0.0.1:9", secret: nil, store: store, caFile: nil,
                metrics: ServiceMetrics(version: "1"), logger: logger)
            defer { notifier.stop() }
            // In the queue, but not yet delivered.
            notifier.jobChanged(job.id)
            try store.close()
            notifier.jobChanged(job.id)
            notifier.start()
            try await poll(until: "a line of each reader") {
                lines.withLock { $0.filter { $0.contains("a webhook waits for the next start") }.count } == 3
            }
        }

        private struct Unexpected: Error {}

        private func expectDeliveries(_ outcome: String, _ count: Int, _ client: ControlClient) async throws {
            let line = #"defender_car_webhook_deliveries_total{outcome="\#(outcome)"} \#(count)"#
            try await poll(until: line) { try await client.send(.get, "/metrics").text.contains("\(line)\n") }
        }

        @Test(.timeLimit(.minutes(5))) func `are told after a kill, once the next process runs`() async throws {
            let away = try EventReceiver(refusals: .max)
            let receiver = try EventReceiver(refusals: 0)
            try await withScenario(environment: ["WEBHOOK_URL": away.url]) { scenario in
                let (service, client) = try await scenario.start()
                let job = try await client.run("initial")
                try await poll(until: "the receiver has refused") { !away.requests.isEmpty }
                service.kill()
                _ = try await service.waitForExit()
                _ = try await scenario.start(environment: ["WEBHOOK_URL": receiver.url])
                try await poll(until: "the event comes") { !receiver.requests.isEmpty }
                let event = try JSONDecoder().decode(Event.self, from: Data(receiver.requests[0].body))
                #expect(event.id == job.id)
            }
        }
    }
}
