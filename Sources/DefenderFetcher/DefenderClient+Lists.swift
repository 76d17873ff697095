import ConnectorCore
import OutboundHTTP

extension DefenderClient {
    public func machines(
        _ selection: MachineSelection, addresses: AddressSource = .hunting, skip: Int, top: Int
    ) async throws -> RecordPage<Machine> {
        let filter: String? =
            switch selection {
            case .all: nil
            case .lastSeen(let since): "lastSeen ge \(since.iso8601)"
            case .inactive(let until): "healthStatus eq 'Inactive' and lastSeen le \(until.iso8601)"
            }
        return try await page(.machines, "/api/machines", filter, skip, top) {
            try MachinePage.decode($0, addresses: addresses == .machines)
        }
    }

    public func alerts(_ selection: AlertSelection, skip: Int, top: Int) async throws -> RecordPage<Alert> {
        let filter =
            switch selection {
            case .open: "status eq 'New' or status eq 'InProgress'"
            case .updated(let since): "lastUpdateTime ge \(since.iso8601)"
            }
        return try await page(.alerts, "/api/alerts", filter, skip, top) { try AlertPage.decode($0) }
    }

    public func logonUsers(of id: MachineID) async throws -> Records<LogonUser>? {
        let call = DefenderCall.get(
            .logonUsers, "GET /api/machines/{id}/logonusers", url: "\(baseURL)/api/machines/\(id.text)/logonusers")
        // Defender now and then answers 404 for a machine it knows.
        for attempt in 1...2 {
            if case .value(let users) = try await transport.perform(call, decode: { try LogonUserList.decode($0) }) {
                return users
            }
            if attempt == 1 { try await transport.clock.sleep(transport.retry.baseSeconds) }
        }
        return nil
    }

    /// Defender documents 404 for a list without elements.
    func page<Record: Sendable>(
        _ family: APIFamily, _ path: String, _ filter: String?, _ skip: Int, _ top: Int,
        decode: @escaping @Sendable ([UInt8]) throws -> RecordPage<Record>
    ) async throws -> RecordPage<Record> {
        precondition(skip >= 0 && top > 0, "a page begins at 0 or later and has room")
        var url = "\(baseURL)\(path)?$top=\(top)&$skip=\(skip)"
        if let filter { url += "&$filter=\(URLEncoding.encode(filter))" }
        switch try await transport.perform(.get(family, "GET \(path)", url: url), decode: decode) {
        case .value(let page): return page
        case .notFound: return RecordPage(content: Records(records: []), hasNextLink: false)
        }
    }
}
