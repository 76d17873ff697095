import ConnectorCore
import DefenderFetcher
import OutboundHTTP
import Sandbox
import Testing

/// A client of a simulated tenant, and the tenant.
private final class Tenant: Sendable {
    let sandbox: SandboxServer
    let client: DefenderClient

    init(
        _ options: SandboxOptions, clock: TestClock = TestClock(), _ change: (inout DefenderSettings) -> Void = { _ in }
    ) throws {
        sandbox = SandboxServer(options: options)
        try sandbox.start()
        var settings = DefenderSettings(
            apiURL: sandbox.defenderURL, loginURL: sandbox.defenderURL, tenant: options.tenant,
            clientID: options.clientID, clientSecret: Secret(options.clientSecret), scope: options.scopes[0])
        change(&settings)
        var configuration = HTTPClientConfiguration()
        configuration.clock = clock.clock
        client = try DefenderClient(
            settings: settings, http: HTTPClient(configuration: configuration),
            retry: RetryPolicy(attemptsMax: 6, baseSeconds: 0.01, capSeconds: 0.1), clock: clock.clock)
    }

    deinit {
        sandbox.stop()
    }

    func allMachines(top: Int) async throws -> (records: [Machine], skipped: [SkippedRecord], pages: Int) {
        var all: (records: [Machine], skipped: [SkippedRecord], pages: Int) = ([], [], 0)
        while true {
            let page = try await client.machines(.all, skip: all.pages * top, top: top)
            all.pages += 1
            all.records += page.content.records
            all.skipped += page.content.skipped
            if page.content.readCount < top { return all }
        }
    }
}

private func options(_ change: (inout SandboxOptions) -> Void = { _ in }) -> SandboxOptions {
    var options = SandboxOptions()
    options.machines = 60
    options.vulnerabilityRowsPerMachine = 10
    options.alerts = 30
    change(&options)
    return options
}

/// How often each machine has each finding: rows without an order come in any.
private func counted(_ answer: FindingsAnswer) -> [MachineID: [Finding: Int]] {
    answer.findings.mapValues { findings in Dictionary(findings.map { ($0, 1) }, uniquingKeysWith: +) }
}

@Suite struct `A whole tenant` {
    @Test func `gives every machine, page by page, the awkward ones too`() async throws {
        let tenant = try Tenant(options())
        let state = tenant.sandbox.estate.snapshot()
        let read = try await tenant.allMachines(top: 7)
        #expect(read.pages == state.machines.count / 7 + 1)
        #expect(read.records.map(\.id.text) == state.machines.map(\.id).filter { $0 != AwkwardCases.strangeId })
        #expect(read.skipped.map(\.id) == [AwkwardCases.strangeId])
        for (machine, expected) in zip(read.records, state.machines.filter { $0.id != AwkwardCases.strangeId }) {
            func known(_ text: String?) -> String? { text == "" ? nil : text }
            #expect(machine.computerDnsName == known(expected.computerDnsName))
            #expect(machine.osPlatform == known(expected.osPlatform))
            #expect(machine.version == known(expected.version))
            #expect(machine.lastIpAddress == known(expected.lastIpAddress))
            #expect(machine.lastExternalIpAddress == known(expected.lastExternalIpAddress))
            #expect(machine.healthStatus == expected.healthStatus)
            #expect(machine.lastSeen?.milliseconds == expected.lastSeen.milliseconds)
        }
    }

    @Test func `gives every alert, and those of a window`() async throws {
        let tenant = try Tenant(options())
        let state = tenant.sandbox.estate.snapshot()
        let open = try await tenant.client.alerts(.open, skip: 0, top: 10_000)
        #expect(
            open.content.records.map(\.id)
                == state.alerts.filter { $0.status == "New" || $0.status == "InProgress" }.map(\.id))
        #expect(open.content.skipped.isEmpty)
        let whole = try await tenant.client.alerts(.updated(since: Timestamp(milliseconds: 0)), skip: 0, top: 10_000)
        #expect(whole.content.records.count == state.alerts.count)
        for (alert, expected) in zip(whole.content.records, state.alerts) {
            #expect(alert.firstEventTime?.milliseconds == expected.firstEventTime?.milliseconds)
            #expect(alert.machineID == expected.machineId.flatMap(MachineID.init))
        }
        let future = Timestamp(milliseconds: state.now.milliseconds).adding(seconds: 3600)
        #expect(try await tenant.client.alerts(.updated(since: future), skip: 0, top: 10).content.readCount == 0)
    }

    @Test func `gives every machine's users, adapters and findings`() async throws {
        let tenant = try Tenant(options())
        let state = tenant.sandbox.estate.snapshot()
        let ids = state.machines.compactMap { MachineID($0.id) }
        let findings = try await tenant.client.findings(of: ids, texts: true)
        let adapters = try await tenant.client.networkAdapters(of: ids)
        for machine in state.machines {
            guard let id = MachineID(machine.id) else { continue }
            let rows = state.softwareRows(of: machine)
            let skipped = findings.skipped.filter { $0.id == id.text }.count
            #expect(findings.findings[id, default: []].count + skipped == rows.count, "\(machine.index)")
            #expect(
                Set(findings.findings[id, default: []].compactMap(\.cve))
                    == Set(rows.compactMap(\.cveId).filter { !$0.isEmpty }))
            let users = try #require(try await tenant.client.logonUsers(of: id))
            #expect(users.readCount == state.users(of: machine).count)
        }
        for (id, cve) in findings.cves {
            #expect(cve.description == state.cve(id: id)?.description.flatMap { $0.isEmpty ? nil : $0 })
        }
        #expect(findings.rowsRead == findings.findings.values.map(\.count).reduce(0, +) + findings.skipped.count)
        #expect(adapters.records.count > ids.count)
        #expect(try await tenant.client.logonUsers(of: id(999)) == nil)
    }

    @Test func `gives the same findings where answers are cut or refused as too large`() async throws {
        let whole = try Tenant(options())
        let ids = whole.sandbox.estate.snapshot().machines.compactMap { MachineID($0.id) }
        let expected = try await whole.client.findings(of: ids, texts: true)
        let expectedAdapters = try await whole.client.networkAdapters(of: ids)

        let cut = try Tenant(options { $0.huntingRowLimit = 120 }) { $0.huntingRowLimit = 120 }
        let inParts = try await cut.client.findings(of: ids, texts: true)
        #expect(counted(inParts) == counted(expected))
        #expect(cut.sandbox.defender.counters["hunting"].calls > 4)

        let small = try Tenant(options { $0.huntingBytesMaximum = 60_000 })
        let parts = try await small.client.findings(of: ids, texts: true)
        #expect(counted(parts) == counted(expected))
        #expect(parts.cves == expected.cves)
        #expect(parts.rowsRead == expected.rowsRead)
        let adapters = try await small.client.networkAdapters(of: ids)
        #expect(
            adapters.records.map(\.deviceID.text).sorted() == expectedAdapters.records.map(\.deviceID.text).sorted())
        #expect(small.sandbox.defender.counters["hunting"].statuses[400, default: 0] > 0)
    }

    @Test(arguments: SandboxOptions.NextLinks.allCases)
    func `is walked by counting, whatever its next links say`(links: SandboxOptions.NextLinks) async throws {
        let tenant = try Tenant(options { $0.nextLinks = links })
        let read = try await tenant.allMachines(top: 25)
        #expect(read.records.count + read.skipped.count == tenant.sandbox.estate.snapshot().machines.count)
        let page = try await tenant.client.machines(.all, skip: 0, top: 25)
        #expect(page.hasNextLink == [.always, .looping, .foreignHost].contains(links))
    }

    @Test(arguments: [
        Fault.Kind.status(500), .status(503), .resetBefore, .resetAfter, .truncate, .wrongJSON, .empty,
        .throttle(retryAfterSeconds: 3), .throttle(retryAfterSeconds: nil), .html(status: 502), .html(status: 200),
        .delay(milliseconds: 20),
    ])
    func `is read completely in spite of a passing fault`(kind: Fault.Kind) async throws {
        let tenant = try Tenant(options())
        for endpoint in ["token", "machines", "hunting", "alerts", "logonusers"] {
            tenant.sandbox.defender.faults.add(Fault(endpoint, kind, count: 2))
        }
        let read = try await tenant.allMachines(top: 1000)
        #expect(read.records.count == 59)
        let ids = read.records.map(\.id)
        #expect(try await tenant.client.findings(of: ids, texts: true).rowsRead > 300)
        #expect(try await tenant.client.networkAdapters(of: ids).readCount > 60)
        #expect(try await tenant.client.alerts(.open, skip: 0, top: 1000).content.readCount > 10)
        #expect(try await tenant.client.logonUsers(of: ids[20]) != nil)
    }

    @Test func `is read on with a new token after the old ones were revoked`() async throws {
        let tenant = try Tenant(options())
        _ = try await tenant.client.machines(.all, skip: 0, top: 10)
        tenant.sandbox.defender.revokeTokens()
        let ids = tenant.sandbox.estate.snapshot().machines.compactMap { MachineID($0.id) }
        try await withThrowingTaskGroup { group in
            for id in ids { group.addTask { _ = try await tenant.client.logonUsers(of: id) } }
            try await group.waitForAll()
        }
        #expect(tenant.sandbox.defender.counters["token"].calls == 2)
    }

    @Test func `refuses a wrong secret and a wrong tenant as such`() async throws {
        let secret = try Tenant(options()) { $0.clientSecret = Secret("wrong") }
        let error = await #expect(throws: DefenderError.self) { try await secret.client.login() }
        #expect(error?.jobFailure.code == 52)
        #expect(error?.jobFailure.message.contains("not its ID") == true)
        let tenant = try Tenant(options()) { $0.tenant = "other.example" }
        let unknown = await #expect(throws: DefenderError.self) { try await tenant.client.login() }
        #expect(unknown?.jobFailure.message.contains("the tenant is not known") == true)
    }
}
