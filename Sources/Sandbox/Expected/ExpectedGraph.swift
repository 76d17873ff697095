/// What CAR must hold for an estate, computed from the mapping alone: the judge of every import.
public enum ExpectedGraph {
    static let deleteAfterSeconds: Double = 15 * 86_400

    /// - Parameters:
    ///   - now: decides which inactive machines count as deleted and which adapter rows hunting still shows.
    ///   - softwareWithoutCVE: off, as where vulnerabilities come from the export, which skips such rows.
    ///   - alerts, vulnerabilities: off, as the service's options: the graph then has none of theirs.
    public static func compute(
        _ state: EstateState, now: EstateTime? = nil, alerts: Bool = true, vulnerabilities: Bool = true,
        softwareWithoutCVE: Bool = true
    ) -> GraphImage {
        var builder = Builder(state: state, now: now ?? state.now, softwareWithoutCVE: softwareWithoutCVE)
        for machine in state.machines where isImported(machine, now: builder.now) {
            builder.addMachine(machine)
            if vulnerabilities { builder.addSoftware(of: machine) }
        }
        if alerts {
            for alert in state.alerts where alert.isOpen { builder.addAlert(alert) }
        }
        return builder.image
    }

    public static func compute(
        _ estate: Estate, alerts: Bool = true, vulnerabilities: Bool = true, softwareWithoutCVE: Bool = true
    ) -> GraphImage {
        compute(
            estate.snapshot(), alerts: alerts, vulnerabilities: vulnerabilities, softwareWithoutCVE: softwareWithoutCVE)
    }

    /// Whether a machine is imported at all: its id is one, and it isn't long gone.
    static func isImported(_ machine: EstateMachine, now: EstateTime) -> Bool {
        guard machine.id.utf8.count == 40, machine.id.utf8.allSatisfy(isHexDigit) else { return false }
        return machine.healthStatus != "Inactive" || machine.lastSeen > now.adding(seconds: -deleteAfterSeconds)
    }

    static func isHexDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x46).contains(byte) || (0x61...0x66).contains(byte)
    }
}

extension ExpectedGraph {
    struct Builder {
        let state: EstateState
        let now: EstateTime
        let softwareWithoutCVE: Bool
        var image = GraphImage()

        private mutating func vertex(_ collection: String, _ key: String, _ fields: [String: JSONValue]) {
            image.vertices[collection, default: [:]][key] = fields
        }

        private mutating func edge(_ kind: String, _ from: String, _ to: String) {
            image.edges[kind, default: []].insert(GraphImage.Edge(from: from, to: to))
        }

        mutating func addMachine(_ machine: EstateMachine) {
            let name = machine.computerDnsName.flatMap { $0.isEmpty ? nil : $0 }
            var fields: [String: JSONValue] = ["name": .string(name ?? machine.id)]
            let system = [machine.osPlatform, machine.version].compactMap { $0 }.filter { !$0.isEmpty }
            if !system.isEmpty { fields["description"] = .string(system.joined(separator: " ")) }
            vertex("asset", machine.id, fields)

            let refused = Set("&#^|?<>[]")
            let hostname = name.flatMap { $0.contains(where: refused.contains) ? nil : $0 }
            if let hostname {
                vertex("hostname", hostname, ["host_name": .string(hostname), "external_id": .string(hostname)])
                edge("asset_hostname", machine.id, hostname)
            }
            if let system = machine.osPlatform, !system.isEmpty {
                vertex("application", system, ["name": .string(system), "is_os": true])
                edge("asset_application", machine.id, system)
            }
            for user in state.users(of: machine) {
                guard let account = accountName(user) else { continue }
                vertex("user", account, ["username": .string(account)])
                vertex("account", account, ["name": .string(account)])
                edge("user_account", account, account)
                edge("asset_account", machine.id, account)
                if let hostname { edge("account_hostname", account, hostname) }
            }
            addAddresses(of: machine)
        }

        private func accountName(_ user: LogonUser) -> String? {
            if !user.omitsAccount, let name = user.accountName, !name.isEmpty { return name }
            let parts = user.id.utf8.split(
                separator: UInt8(ascii: "\\"), maxSplits: 1, omittingEmptySubsequences: false)
            return parts.count == 2 && !parts[1].isEmpty ? String(parts[1]) : nil
        }

        private mutating func addAddresses(of machine: EstateMachine) {
            let local = machine.lastIpAddress.flatMap(Address.usable)
            let external = machine.lastExternalIpAddress.flatMap(Address.usable)
            // Found by the text, whether or not CAR could take it as an address.
            let adapter = machine.lastIpAddress.flatMap {
                Adapter.find(state.networkRows(of: machine), with: $0, now: now)
            }
            let others = adapter?.privateAddresses.compactMap(Address.usable) ?? []
            for address in [local, external].compactMap({ $0 }) + others {
                vertex("ipaddress", address, ["name": .string(address)])
                edge("asset_ipaddress", machine.id, address)
            }
            guard let mac = adapter?.mac else { return }
            vertex("macaddress", mac, ["name": .string(mac)])
            edge("asset_macaddress", machine.id, mac)
            let joined = others + (adapter?.holdsAsPublic == false ? [local].compactMap { $0 } : [])
            // Never the public address: behind it are other machines' adapters.
            for address in joined where address != external { edge("ipaddress_macaddress", address, mac) }
        }

        mutating func addSoftware(of machine: EstateMachine) {
            for row in state.softwareRows(of: machine) {
                if !softwareWithoutCVE, row.cveId?.isEmpty ?? true { continue }
                var application: String?
                if let vendor = row.vendor, let name = row.name, let version = row.version {
                    let key = "\(vendor):\(name):\(version)"
                    application = key
                    vertex("application", key, ["name": .string(key)])
                    edge("asset_application", machine.id, key)
                }
                guard let cve = row.cveId, !cve.isEmpty else { continue }
                if image.vertices["vulnerability"]?[cve] == nil { vertex("vulnerability", cve, fields(ofCVE: cve)) }
                edge("asset_vulnerability", machine.id, cve)
                if let application { edge("application_vulnerability", application, cve) }
            }
        }

        private func fields(ofCVE id: String) -> [String: JSONValue] {
            var fields: [String: JSONValue] = ["name": .string(id)]
            guard let cve = state.cve(id: id) else { return fields }
            if let text = cve.description, !text.isEmpty { fields["description"] = .string(text) }
            if let time = cve.publishedDate { fields["published_on"] = .number(Double(time.milliseconds)) }
            let score: Double? =
                switch cve.score {
                case .number(let number): number
                case .text(let text): Double(text)
                case .null: nil
                }
            if let score, (0...10).contains(score) { fields["base_score"] = .number(score) }
            return fields
        }

        mutating func addAlert(_ alert: EstateAlert) {
            guard let id = alert.machineId, let machine = state.machine(id: id), isImported(machine, now: now) else {
                return
            }
            let title = alert.title.flatMap { $0.isEmpty ? nil : $0 }
            var fields: [String: JSONValue] = ["name": .string(title ?? alert.id)]
            if let text = alert.alertDescription, !text.isEmpty { fields["description"] = .string(text) }
            if let time = alert.firstEventTime { fields["disclosed_on"] = .number(Double(time.milliseconds)) }
            if let time = alert.alertCreationTime { fields["published_on"] = .number(Double(time.milliseconds)) }
            let scores: [String: JSONValue] = ["High": 8, "Medium": 5, "Low": 2, "Informational": 0]
            fields["base_score"] = alert.severity.flatMap { scores[$0] }
            vertex("vulnerability", alert.id, fields)
            edge("asset_vulnerability", machine.id, alert.id)
        }
    }
}
