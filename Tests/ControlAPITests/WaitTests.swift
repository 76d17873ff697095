import ConnectorCore
import Foundation
import MicroHTTP
import TestSockets
import Testing

@testable import ControlAPI

@Suite struct `Waiting for a change` {
    @Test func `a client with another version is answered at once`() {
        let service = Service()
        let job = service.addJob()
        for tag in ["\"0\"", "\"11\"", "1"] {
            let answer = service.call("GET", "/v1/jobs/\(job.id)?wait=30", headers: ["If-None-Match": tag])
            #expect(answer.status == 200)
            #expect(!answer.isOpen)
        }
        #expect(service.call("GET", "/v1/jobs/\(job.id)?wait=30").status == 200)
    }

    @Test func `a client with this version gets 304 with the tag`() {
        let service = Service()
        let job = service.addJob()
        for tag in ["\"1\"", "W/\"1\"", "\"0\", \"1\"", "*"] {
            let answer = service.call("GET", "/v1/jobs/\(job.id)", headers: ["If-None-Match": tag])
            #expect(answer.status == 304)
            #expect(answer.text.isEmpty)
            #expect(answer.headers["ETag"] == "\"1\"")
        }
    }

    @Test func `the tags may stand on several lines`() {
        let service = Service()
        let job = service.addJob()
        var headers: HTTPHeaders = ["If-None-Match": "\"0\""]
        headers.append("if-none-match", "\"1\"")
        #expect(service.call("GET", "/v1/jobs/\(job.id)", headers: headers).status == 304)
        let tag = service.call("GET", "/openapi.yaml").headers["ETag"] ?? ""
        headers.append("If-None-Match", tag)
        #expect(service.call("GET", "/openapi.yaml", headers: headers).status == 304)
    }

    @Test func `a job that has ended is not waited for`() {
        let service = Service()
        let job = service.addJob(.succeeded)
        let answer = service.call("GET", "/v1/jobs/\(job.id)?wait=60", headers: ["If-None-Match": "\"1\""])
        #expect(answer.status == 304)
        #expect(!answer.isOpen)
    }

    @Test(arguments: ["61", "-1", "1.5", "", "x"])
    func `refuses a wait outside its bounds`(wait: String) {
        let service = Service()
        let answer = service.call("GET", "/v1/jobs/\(service.addJob().id)?wait=\(wait)")
        #expect(answer.status == 400)
        #expect(answer.badFields == ["wait"])
    }

    @Test func `the answer comes with the change`() async throws {
        let service = Service()
        let job = service.addJob()
        try await service.serve { port in
            let client = try SocketClient(port: port)
            try client.request("GET", "/v1/jobs/\(job.id)?wait=60", ["If-None-Match: \"1\""])
            // The request is known to wait once it is registered.
            try await poll { service.api.watch.waiterCount == 1 }
            service.store.change(job.id) { $0.progress.machines.done = 17 }
            let text = try client.readToEnd()
            #expect(text.hasPrefix("HTTP/1.1 200 "))
            #expect(text.contains("ETag: \"2\""))
            #expect(text.contains("\"done\":17"))
        }
    }

    @Test func `a change between reading the job and waiting is not missed`() async throws {
        let service = Service()
        let job = service.addJob()
        let response = service.api.router.handle(waitingRequest(job, seconds: 60))
        // The job changes after the handler has read it, and nobody tells.
        service.store.change(job.id, tell: false) { $0.attempt = 2 }
        let answer = try await deliver(response)
        #expect(answer.status == 200)
        #expect(answer.headers["ETag"] == "\"2\"")
    }

    @Test func `304 comes at the deadline`() async throws {
        let service = Service()
        let answer = try await deliver(service.api.router.handle(waitingRequest(service.addJob(), seconds: 1)))
        #expect(answer.status == 304)
        #expect(service.api.watch.waiterCount == 0)
    }

    @Test func `one waiter too many is told to come back`() async throws {
        var limits = ControlAPILimits()
        limits.waitersMax = 2
        let service = Service(limits: limits)
        let job = service.addJob()
        let responses = (0..<3).map { _ in service.api.router.handle(waitingRequest(job, seconds: 60)) }
        let inboxes = responses.map { Inbox($0) }
        #expect(try await inboxes[2].take().status == 503)
        service.store.change(job.id) { $0.state = .succeeded }
        #expect(try await inboxes[0].take().status == 200)
        #expect(try await inboxes[1].take().status == 200)
    }

    @Test func `clients that have left make room for others`() async throws {
        var limits = ControlAPILimits()
        limits.waitersMax = 2
        let service = Service(limits: limits)
        let job = service.addJob()
        try await service.serve { port in
            var clients = try (0..<2).map { _ in try SocketClient(port: port) }
            for client in clients { try client.request("GET", "/v1/jobs/\(job.id)?wait=60", ["If-None-Match: \"1\""]) }
            try await poll { service.api.watch.waiterCount == 2 }
            let refused = try SocketClient(port: port)
            try refused.request("GET", "/v1/jobs/\(job.id)?wait=60", ["If-None-Match: \"1\""])
            #expect(try refused.readToEnd().contains("too_many_waiters"))
            clients = []
            let next = try SocketClient(port: port)
            try next.request("GET", "/v1/jobs/\(job.id)?wait=60", ["If-None-Match: \"1\""])
            try await poll { service.api.watch.waiterCount == 1 }
            service.store.change(job.id) { $0.progress.machines.done = 17 }
            #expect(try next.readToEnd().hasPrefix("HTTP/1.1 200 "))
        }
    }

    private func waitingRequest(_ job: Job, seconds: Int) -> HTTPRequest {
        HTTPRequest(
            method: "GET", path: "/v1/jobs/\(job.id)", query: [.init(name: "wait", value: "\(seconds)")],
            headers: ["If-None-Match": "\"\(job.version)\""])
    }

    private func deliver(_ response: HTTPResponse) async throws -> Answer { try await Inbox(response).take() }
}
