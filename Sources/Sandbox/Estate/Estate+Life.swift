extension Estate {
    /// A while in the life of the estate: machines report, one in four each with a new address, one user fewer, one
    /// vulnerability fewer, and without news; a machine joins them, and the first open alert is resolved.
    ///
    /// - Parameters:
    ///   - machines: how many report, of the active ones, those that have been silent for longest first.
    ///   - seconds: how far the tenant's clock moves before that.
    public func live(machines count: Int, seconds: Double) {
        advance(seconds: seconds)
        mutate { state in
            let active = state.machines.filter { $0.healthStatus == "Active" }
            for (index, machine) in active.sorted(by: { $0.lastSeen < $1.lastSeen }).prefix(count).enumerated() {
                state.updateMachine(id: machine.id) { _ in }
                switch index % 4 {
                case 0:
                    // Not one that the machine had before.
                    let number = state.now.nanoseconds / 1_000_000_000 + Int64(index)
                    let parts = [number >> 16, number >> 8, number].map { String($0 & 255) }
                    state.changeAddress(of: machine.id, to: "10." + parts.joined(separator: "."))
                case 1: state.updateUsers(of: machine.id) { users in if !users.isEmpty { users.removeLast() } }
                case 2: state.updateSoftware(of: machine.id) { rows in if !rows.isEmpty { rows.removeFirst() } }
                default: break
                }
            }
            _ = state.addMachine { _ in }
            if let open = state.alerts.first(where: { $0.isOpen && $0.machineId != nil }) {
                state.updateAlert(id: open.id) { $0.status = "Resolved" }
            }
        }
    }
}
