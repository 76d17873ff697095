extension RunOptions {
    /// The calls for the details of so many machines, when nothing has to be asked twice.
    func calls(machines: Int) -> DefenderCalls {
        let batches = (machines + machinesPerBatch - 1) / machinesPerBatch
        var perBatch = 0
        if addresses == .hunting { perBatch += 1 }
        if users == .hunting { perBatch += 1 }
        let huntsVulnerabilities = vulnerabilities && vulnerabilitySource == .hunting
        if huntsVulnerabilities { perBatch += 1 }
        // The first batches bring most of the CVEs, whose descriptions are read once; later ones seldom a new one.
        let descriptions = huntsVulnerabilities ? min(batches, 5 + batches / 20) : 0
        return DefenderCalls(
            logonUsers: users == .logonUsers ? machines : 0, hunting: batches * perBatch + descriptions)
    }

    /// The calls of a whole run once its machines are listed.
    ///
    /// - Parameter isIncremental: reads a second list of machines, and the end of a list by its short page; an initial
    ///   import reads on until a page is empty twice.
    func calls(machines: Int, isIncremental: Bool) -> DefenderCalls {
        var calls = calls(machines: machines)
        let pages = (machines + machinesPerPage - 1) / machinesPerPage
        // A list of several pages is walked again, to see that it has stood still.
        let walks = pages > 1 ? 2 : 1
        calls.machines = isIncremental ? walks * pages + 1 : walks * (pages + 2)
        calls.alerts = alerts ? (isIncremental ? 1 : 2) : 0
        addExport(machines: machines, isIncremental: isIncremental, to: &calls)
        return calls
    }

    /// Rows of the export for a machine and entries of the list of CVEs: neither is known before they are read.
    private static let (exportRowsGuess, cvesGuess) = (100, 300_000)

    private func addExport(machines: Int, isIncremental: Bool, to calls: inout DefenderCalls) {
        guard vulnerabilities, vulnerabilitySource == .export else { return }
        guard !isIncremental else {
            // What has changed, the CVEs that were updated, and the machines that are new.
            calls.vulnerabilityExport = 1
            calls.vulnerabilities = 2
            calls.hunting += 1
            return
        }
        calls.vulnerabilityExport = machines * Self.exportRowsGuess / vulnerabilitiesPerPage + 1
        calls.vulnerabilities = Self.cvesGuess / cvesPerPage + 1
    }
}
