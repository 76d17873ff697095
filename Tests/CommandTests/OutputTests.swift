import ConnectorCore
import Foundation
import Testing

@testable import defender_car

@Suite struct `What commands show` {
    private func snapshot(_ change: (inout Job) -> Void = { _ in }) throws -> JobSnapshot {
        var generator = SystemRandomNumberGenerator()
        let id = JobID(at: Timestamp(milliseconds: 1_795_000_000_000), using: &generator)
        var job = Job(
            id: id, kind: .incremental, connection: "c", trigger: .command,
            createdAt: Timestamp(milliseconds: 1_795_000_000_000))
        change(&job)
        return JobSnapshot(job)
    }

    @Test func `a bar fits the terminal, the most important first`() throws {
        let job = try snapshot {
            $0.state = .running
            $0.progress = JobProgress(
                phase: .details, machines: .init(done: 1200, total: 5000), requests: .init(defender: 420, car: 88),
                etaSeconds: 90)
        }
        let wide = JobLine.bar(job, columns: 120)
        #expect(wide == "█████░░░░░░░░░░░░░░░░░░░ 1200/5000 machines · details · 1 min 30 s left · 508 requests")
        for columns in [1, 20, 43, 60, 79, 80] { #expect(JobLine.bar(job, columns: columns).count <= columns) }
        #expect(JobLine.bar(job, columns: 60).hasSuffix("machines · details"))
    }

    @Test func `a bar bears any count`() throws {
        for (done, total) in [(0, 0), (5, 0), (7, 5), (-1, 5), (5, 5)] {
            let job = try snapshot { $0.progress.machines = .init(done: done, total: total) }
            #expect(JobLine.bar(job, columns: 200).filter { "█░".contains($0) }.count == 24)
        }
    }

    @Test func `an end is told in a sentence`() throws {
        let job = try snapshot {
            $0.state = .succeeded
            $0.effectiveKind = .initial
            $0.fallbackReason = "no save point in CAR"
            $0.progress = JobProgress(
                phase: .finishing, machines: .init(done: 58, total: 58), requests: .init(defender: 65, car: 21))
        }
        #expect(
            JobLine.summary(job)
                == "Initial import succeeded: 58 machines, 65 requests to Defender, 21 to CAR. It was an initial import "
                + "because: no save point in CAR.")
        #expect(job.exitCode == 0)
    }

    @Test func `an exit code is the failure's`() throws {
        #expect(try snapshot().exitCode == nil)
        #expect(try snapshot { $0.state = .cancelled }.exitCode == 1)
        let failed = try snapshot {
            $0.state = .failed
            $0.failure = .dataSource(.forbidden, "No.")
        }
        #expect(failed.exitCode == 53)
    }

    @Test func `a job of the API is read as one of the store`() throws {
        let text = #"""
            {"id":"01JD","kind":"incremental","connection":"c","state":"failed","trigger":"api","options":{"alerts":null},
            "createdAt":"2026-11-23T20:49:00.123Z","startedAt":null,"attempt":1,"effectiveKind":null,"fallbackReason":null,
            "progress":{"phase":"machines","machines":{"done":1,"total":2},"requests":{"defender":3,"car":4},
            "etaSeconds":null},"failure":{"class":"recoverable","code":10,"message":"CAR.","retryable":true},"later":1}
            """#
        let job = try JSONDecoder().decode(JobSnapshot.self, from: Data(text.utf8))
        #expect(job.exitCode == 10)
        #expect(job.progress.machines.total == 2)
        #expect(JobLine.json(job).contains(#""message":"CAR.""#))
    }

    // MARK: Checks

    private static let results = [
        CheckResult(name: "login", status: .ok),
        CheckResult(
            name: "Machine.Read.All", status: .denied, hint: "An administrator must grant it to the application.",
            code: 53), CheckResult(name: "CAR", status: .unreachable, hint: "Down.", code: 10),
        CheckResult(name: "CAR source", status: .unreachable, hint: "Down.", code: 10),
    ]

    @Test func `checks are a table with wrapped hints, none told twice`() {
        let table = CheckConsole.table("east", Self.results, columns: 60)
        #expect(
            table == """
                east
                  ok             login
                  denied         Machine.Read.All
                                 An administrator must grant it to the
                                 application.
                  unreachable    CAR
                                 Down.
                  unreachable    CAR source
                                 As above.
                """)
        #expect(CheckConsole.wrapped("", 10) == [])
        #expect(CheckConsole.wrapped("averyveryverylongword b", 5) == ["averyveryverylongword", "b"])
    }

    @Test func `checks are JSON in the API's shape`() throws {
        let line = CheckConsole.line("east", Self.results)
        #expect(!line.contains("\n"))
        #expect(line.contains(#"{"hint":null,"name":"login","status":"ok"}"#))
        #expect(line.hasSuffix(#""code":53,"connection":"east"}"#))
        #expect(Self.results.exitCode == 53)
        #expect([CheckResult(name: "x", status: .ok, hint: "y", code: 9)].exitCode == 0)
        let clock = CheckResult(name: "clock", status: .misconfigured, hint: "Set it.", code: 1)
        #expect(([clock] + Self.results).exitCode == 53)
        #expect([clock].exitCode == 1)
    }

    @Test func `text of others moves no cursor`() {
        #expect(JobConsole.plain("a\u{1B}[2J\nb\tü\u{7F}") == "a [2J b ü ")
    }
}

@Suite struct `The file that names a service's address` {
    private func withFile(_ body: (ServiceAddressFile) throws -> Void) throws {
        let directory = FileManager.default.temporaryDirectory.path + "/defender-car-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try body(ServiceAddressFile(stateDirectory: directory))
    }

    @Test func `is there after it is written, private, and gone after it is removed`() throws {
        try withFile { file in
            #expect(file.read() == nil)
            try file.write("http://127.0.0.1:1")
            try file.write("http://127.0.0.1:8080")
            #expect(file.read() == "http://127.0.0.1:8080")
            let attributes = try FileManager.default.attributesOfItem(atPath: file.path)
            #expect(attributes[.posixPermissions] as? Int == 0o600)
            file.remove()
            file.remove()
            #expect(file.read() == nil)
        }
    }

    @Test(arguments: ["", "\n", "file:///etc/passwd", "http://a b", String(repeating: "http://a", count: 1000)])
    func `is ignored where it holds something else`(content: String) throws {
        try withFile { file in
            try Data(content.utf8).write(to: URL(fileURLWithPath: file.path))
            #expect(file.read() == nil)
        }
    }

    @Test(arguments: [
        ("127.0.0.1", false, "http://127.0.0.1:8080"), ("0.0.0.0", false, "http://127.0.0.1:8080"),
        ("::", false, "http://[::1]:8080"), ("::1", false, "http://[::1]:8080"),
        ("10.1.2.3", false, "http://10.1.2.3:8080"), ("127.0.0.1", true, "https://localhost:8080"),
        ("0.0.0.0", true, "https://localhost:8080"), ("::", true, "https://localhost:8080"),
        ("fd00::1", true, "https://[fd00::1]:8080"),
    ])
    func `names the address by which this machine reaches the service`(host: String, isTLS: Bool, url: String) {
        #expect(ServiceAddressFile.url(host: host, port: 8080, isTLS: isTLS) == url)
    }
}
