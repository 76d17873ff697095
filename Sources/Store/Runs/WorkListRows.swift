import ConnectorCore
import GRDB

/// The machines on a run's work list, inside a transaction.
struct WorkListRows {
    private let job: JobID
    private let db: Database

    init(_ job: JobID, in db: Database) throws {
        self.job = job
        self.db = db
    }

    /// - Returns: whether the machine was not on the list yet.
    func add(_ machine: Machine, at position: Int) throws -> Bool {
        let insert = try LoopStatement(
            """
            INSERT INTO run_machine (job_id, machine_id, position, dns_name, os_platform, os_version, last_ip,
                last_external_ip, health_status, last_seen, adapters)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (job_id, machine_id) DO NOTHING
            """, in: db)
        insert.bind(1, job.text)
        insert.bind(2, machine.id.text)
        insert.bind(3, Int64(position))
        insert.bind(4, machine.computerDnsName)
        insert.bind(5, machine.osPlatform)
        insert.bind(6, machine.version)
        insert.bind(7, machine.lastIpAddress)
        insert.bind(8, machine.lastExternalIpAddress)
        insert.bind(9, machine.healthStatus)
        insert.bind(10, machine.lastSeen?.milliseconds)
        insert.bind(11, machine.adapters.map(StoredAdapters.text))
        try insert.run()
        return db.changesCount > 0
    }

    /// The machines at those places, in their order.
    ///
    /// - Parameter generation: of the ledger that knows whether their findings have been read.
    func entries(at positions: Range<Int>, generation: Int64) throws -> [WorkBatch.Entry] {
        let select = try LoopStatement(
            """
            SELECT machine_id, dns_name, os_platform, os_version, last_ip, last_external_ip, health_status, last_seen,
                adapters, EXISTS (SELECT 1 FROM machine WHERE generation = ?4 AND examined = 1
                    AND plan NOT IN (SELECT token FROM open_plan) AND machine.machine_id = run_machine.machine_id)
            FROM run_machine WHERE job_id = ?1 AND position >= ?2 AND position < ?3 ORDER BY position
            """, in: db)
        select.bind(1, job.text)
        select.bind(2, Int64(positions.lowerBound))
        select.bind(3, Int64(positions.upperBound))
        select.bind(4, generation)
        defer { select.reset() }
        var entries: [WorkBatch.Entry] = []
        while try select.next() {
            guard let id = MachineID(select.text(0)) else { continue }
            entries.append(
                WorkBatch.Entry(
                    machine: Machine(
                        id: id, computerDnsName: select.optionalText(1), osPlatform: select.optionalText(2),
                        version: select.optionalText(3), lastIpAddress: select.optionalText(4),
                        lastExternalIpAddress: select.optionalText(5), healthStatus: select.optionalText(6),
                        lastSeen: select.optionalInteger(7).map(Timestamp.init(milliseconds:)),
                        adapters: select.optionalText(8).flatMap(StoredAdapters.adapters)),
                    hasFindings: select.integer(9) == 1))
        }
        return entries
    }
}
