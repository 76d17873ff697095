import ConnectorCore
import Foundation
import OutboundHTTP

extension CARClient {
    /// Creates the database, its graph and its indexes where they are missing, and returns once CAR calls it ready.
    ///
    /// Each of the three is asked for once; CAR that still reports it missing after its job is waited for until
    /// `CARSettings.jobDeadlineSeconds`.
    public func prepareDatabase(willChange: @Sendable () async throws -> Void) async throws -> Bool {
        let deadline = calls.clock.now() + settings.jobDeadlineSeconds
        var pause = settings.jobPolling.firstSeconds
        var asked: Set<DatabaseStep> = []
        while true {
            let database = try await database()
            if let step = DatabaseStep.needed(by: database), asked.insert(step).inserted {
                if asked.count == 1 { try await willChange() }
                try await perform(step)
                pause = settings.jobPolling.firstSeconds
                continue
            }
            if let database, database.isReady == true { return !asked.isEmpty }
            let left = deadline - calls.clock.now()
            guard left > 0 else {
                throw CARError(operation: "GET databases", reason: .databaseNotReady)
            }
            try await calls.clock.sleep(min(pause, left))
            pause = settings.jobPolling.after(pause)
        }
    }

    /// - Returns: `nil` where CAR has none yet.
    private func database() async throws -> DatabaseList.Database? {
        let operation = "GET databases"
        let request = calls.request(.get, "/databases", label: "databases")
        let response = try await calls.send(request, operation: operation)
        if response.status == 400 { return nil }
        try calls.requireSuccess(response, operation: operation)
        return try calls.decode(DatabaseList.self, from: response, operation: operation).databases.first
    }

    private func perform(_ step: DatabaseStep) async throws {
        let job: String
        switch step {
        case .create:
            job = try await startJob(.post, "/databases", label: "databases", operation: "POST databases")
        case .change(let change):
            let body = try Array(JSONEncoder().encode(change))
            // Asking for a graph name or indexes again changes nothing more.
            job = try await startJob(
                .patch, "/databases", label: "databases", operation: "PATCH databases", body: body,
                repetition: .idempotent)
        }
        try await waitForJob(job)
    }
}

/// What is to be done next for a database to become usable.
enum DatabaseStep: Hashable {
    case create
    case change(DatabaseChange)

    static func needed(by database: DatabaseList.Database?) -> DatabaseStep? {
        guard let database else { return .create }
        if database.graphName == "" { return .change(DatabaseChange(graphName: "assets")) }
        let missing = database.collectionsWithoutIndexes ?? []
        return missing.isEmpty ? nil : .change(DatabaseChange(collectionsWithoutIndexes: missing))
    }
}
