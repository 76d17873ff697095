import ConnectorCore

/// The real Defender client as one process reaches it.
struct LifelineDefender: DefenderReading {
    let client: any DefenderReading
    let lifeline: Lifeline

    func machines(
        _ selection: MachineSelection, addresses: AddressSource, skip: Int, top: Int
    ) async throws -> RecordPage<Machine> {
        try await lifeline.call("defender.machines") {
            try await client.machines(selection, addresses: addresses, skip: skip, top: top)
        }
    }
    func logonUsers(of id: MachineID) async throws -> Records<LogonUser>? {
        try await lifeline.call("defender.users") { try await client.logonUsers(of: id) }
    }
    func logons(of ids: [MachineID]) async throws -> LogonsAnswer {
        try await lifeline.call("defender.logons") { try await client.logons(of: ids) }
    }
    func networkAdapters(of ids: [MachineID]) async throws -> Records<NetworkAdapter> {
        try await lifeline.call("defender.adapters") { try await client.networkAdapters(of: ids) }
    }
    func findings(of ids: [MachineID], texts: Bool) async throws -> FindingsAnswer {
        try await lifeline.call("defender.findings") { try await client.findings(of: ids, texts: texts) }
    }
    func descriptions(of cves: [String]) async throws -> [String: String]? {
        try await lifeline.call("defender.descriptions") { try await client.descriptions(of: cves) }
    }
    func alerts(_ selection: AlertSelection, skip: Int, top: Int) async throws -> RecordPage<Alert> {
        try await lifeline.call("defender.alerts") { try await client.alerts(selection, skip: skip, top: top) }
    }
    func vulnerabilities(after continuation: String?, pageSize: Int) async throws -> VulnerabilityPage? {
        try await lifeline.call("defender.export") {
            try await client.vulnerabilities(after: continuation, pageSize: pageSize)
        }
    }
    func vulnerabilityChanges(
        since: Timestamp, after continuation: String?, pageSize: Int
    ) async throws -> VulnerabilityChangePage? {
        try await lifeline.call("defender.changes") {
            try await client.vulnerabilityChanges(since: since, after: continuation, pageSize: pageSize)
        }
    }
    func cves(_ selection: CVESelection, skip: Int, top: Int) async throws -> RecordPage<CVE> {
        try await lifeline.call("defender.cves") { try await client.cves(selection, skip: skip, top: top) }
    }
    var requestCount: Int { client.requestCount }
    func forecast(_ calls: DefenderCalls) -> WaitForecast { client.forecast(calls) }
}

/// The real CAR client as one process reaches it.
struct LifelineCAR: CARWriting {
    let client: any CARWriting
    let lifeline: Lifeline

    func prepareDatabase(willChange: @Sendable () async throws -> Void) async throws -> Bool {
        try await lifeline.call("car.database") { try await client.prepareDatabase(willChange: willChange) }
    }
    func modelStateID() async throws -> String? {
        try await lifeline.call("car.savePoint") { try await client.modelStateID() }
    }
    func saveModelStateID(_ id: String) async throws {
        try await lifeline.call("car.save") { try await client.saveModelStateID(id) }
    }
    func requestFullImportStart() async throws -> String {
        try await lifeline.call("car.enter") { try await client.requestFullImportStart() }
    }
    func requestFullImportEnd() async throws -> String {
        try await lifeline.call("car.leave") { try await client.requestFullImportEnd() }
    }
    func waitForJob(_ id: String) async throws {
        try await lifeline.call("car.job") { try await client.waitForJob(id) }
    }
    func importObjects(_ objects: GraphObjects, report: RunIdentity) async throws -> Int {
        try await lifeline.call("car.import") { try await client.importObjects(objects, report: report) }
    }
    func disable(_ edge: Edge) async throws -> Bool {
        try await lifeline.call("car.disable") { try await client.disable(edge) }
    }
    func touch(_ edge: Edge, lastModified: Timestamp) async throws -> Bool {
        try await lifeline.call("car.touch") { try await client.touch(edge, lastModified: lastModified) }
    }
    func delete(_ collection: VertexCollection, keys: [String]) async throws {
        try await lifeline.call("car.delete") { try await client.delete(collection, keys: keys) }
    }
    var requestCount: Int { client.requestCount }
}
