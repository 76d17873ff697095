import ConnectorCore
import Foundation
import MicroHTTP
import TestSockets
import Testing

@testable import ControlAPI

@Suite struct `Events of a job` {
    /// `event id` of every event in the text of a stream.
    private func events(_ text: String) -> [String] {
        text.components(separatedBy: "\n\n").compactMap { block in
            let lines = block.split(whereSeparator: \.isNewline)
            guard let event = lines.first(where: { $0.hasPrefix("event: ") }),
                let id = lines.first(where: { $0.hasPrefix("id: ") })
            else { return nil }
            return "\(event.dropFirst(7)) \(id.dropFirst(4))"
        }
    }

    private func open(_ service: Service, _ job: Job, lastSeen: String? = nil) throws -> RecordingStream {
        var headers: HTTPHeaders = [:]
        headers["Last-Event-ID"] = lastSeen
        let response = service.api.router.handle(
            HTTPRequest(method: "GET", path: "/v1/jobs/\(job.id)/events", headers: headers))
        let stream = RecordingStream()
        guard case .stream(let start) = response.body else { throw Inbox.NothingCame() }
        start(stream)
        return stream
    }

    @Test func `come over a socket in order and end with the job`() async throws {
        let service = Service()
        let job = service.addJob(.queued)
        try await service.serve { port in
            let client = try SocketClient(port: port)
            try client.request("GET", "/v1/jobs/\(job.id)/events")
            try client.wait(for: "id: 1\n")
            service.store.change(job.id) { $0.state = .running }
            try client.wait(for: "id: 2\n")
            service.store.change(job.id) { $0.progress.machines = .init(done: 5, total: 9) }
            try client.wait(for: "id: 3\n")
            service.store.change(job.id) { $0.state = .succeeded }
            let text = try client.readToEnd()
            #expect(text.contains("Content-Type: text/event-stream\r\n"))
            #expect(events(text) == ["state 1", "state 2", "progress 3", "state 4"])
            #expect(text.contains("\"machines\":{\"done\":5,\"total\":9}"))
        }
    }

    @Test func `of changes in quick succession tell the newest and never go back`() async throws {
        let service = Service()
        let job = service.addJob()
        let stream = try open(service, job)
        for done in 1...500 { service.store.change(job.id) { $0.progress.machines.done = done } }
        service.store.change(job.id) { $0.state = .failed }
        try await poll { stream.isFinished }
        let ids = events(stream.text).compactMap { Int($0.split(separator: " ")[1]) }
        #expect(ids == ids.sorted() && Set(ids).count == ids.count)
        #expect(ids.last == 502)
    }

    @Test func `that the client has seen are not sent again`() async throws {
        let service = Service()
        let job = service.addJob()
        service.store.change(job.id) { $0.progress.machines.done = 1 }
        let stream = try open(service, job, lastSeen: "2")
        let behind = try open(service, job, lastSeen: "1")
        try await poll { behind.text.contains("id: 2\n") }
        // Comments are no events: one comes where the machine is slow.
        #expect(events(stream.text).isEmpty)
        service.store.change(job.id) { $0.state = .succeeded }
        try await poll { stream.isFinished && behind.isFinished }
        #expect(events(stream.text) == ["state 3"])
        #expect(events(behind.text) == ["state 2", "state 3"])
    }

    @Test func `of an ended job are its last state, then nothing more`() async throws {
        let service = Service()
        let job = service.addJob(.succeeded)
        let stream = try open(service, job)
        try await poll { stream.isFinished }
        #expect(events(stream.text) == ["state 1"])
        let answer = service.call("GET", "/v1/jobs/\(job.id)/events", headers: ["Last-Event-ID": "1"])
        #expect(answer.status == 204)
    }

    @Test(arguments: ["", "x", "99999999999999999999", "-", "2"])
    func `ignore a last event id that is not ours`(lastSeen: String) async throws {
        let service = Service()
        let stream = try open(service, service.addJob(.succeeded), lastSeen: lastSeen)
        try await poll { stream.isFinished }
        #expect(events(stream.text) == ["state 1"])
    }

    @Test func `come to a client that claims to have seen later ones`() async throws {
        let service = Service()
        let job = service.addJob()
        let stream = try open(service, job, lastSeen: "99")
        try await poll { stream.text.contains("id: 1\n") }
        service.store.change(job.id) { $0.state = .succeeded }
        try await poll { stream.isFinished }
        #expect(events(stream.text) == ["state 1", "state 2"])
    }

    @Test func `have a comment between them, and a change nobody told of is found by then`() async throws {
        var limits = ControlAPILimits()
        limits.heartbeatSeconds = 0.02
        let service = Service(limits: limits)
        let job = service.addJob()
        let stream = try open(service, job)
        try await poll { stream.text.components(separatedBy: ": still here\n\n").count > 3 }
        service.store.change(job.id, tell: false) { $0.state = .cancelled }
        try await poll { stream.isFinished }
        #expect(events(stream.text) == ["state 1", "state 2"])
    }

    @Test func `are refused above the number of streams, until one ends`() throws {
        var limits = ControlAPILimits()
        limits.streamsMax = 2
        let service = Service(limits: limits)
        let job = service.addJob()
        let streams = try (0..<2).map { _ in try open(service, job) }
        let refused = service.call("GET", "/v1/jobs/\(job.id)/events")
        #expect(refused.status == 503)
        #expect(refused.headers["Retry-After"] == "15")
        streams[0].finish()
        #expect(service.call("GET", "/v1/jobs/\(job.id)/events").isOpen)
    }

    @Test func `make room when their clients have left`() async throws {
        var limits = ControlAPILimits()
        limits.streamsMax = 2
        limits.heartbeatSeconds = 600
        let service = Service(limits: limits)
        let job = service.addJob()
        try await service.serve { port in
            var clients = try (0..<2).map { _ in try SocketClient(port: port) }
            for client in clients {
                try client.request("GET", "/v1/jobs/\(job.id)/events")
                try client.wait(for: "id: 1\n")
            }
            let refused = try SocketClient(port: port)
            try refused.request("GET", "/v1/jobs/\(job.id)/events")
            #expect(try refused.readToEnd().contains("too_many_streams"))
            clients.removeFirst()
            // The server's thread may still be busy with the first event when it is read.
            try await poll {
                guard let next = try? SocketClient(port: port) else { return false }
                try? next.request("GET", "/v1/jobs/\(job.id)/events")
                return (try? next.wait(for: "id: 1\n")) != nil
            }
            service.store.change(job.id) { $0.state = .succeeded }
            #expect(try clients[0].readToEnd().contains("id: 2\n"))
        }
    }

    @Test func `stay one line each whatever a message holds`() async throws {
        let service = Service()
        let job = service.addJob(.failed)
        service.store.change(job.id) { $0.failure = .internal("a\r\n\nevent: state\nid: 99\n\n") }
        let stream = try open(service, job)
        try await poll { stream.isFinished }
        #expect(events(stream.text) == ["state 2"])
        #expect(stream.text.split(separator: "\n").count == 3)
    }
}
