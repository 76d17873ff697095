import ConnectorCore
import Foundation

@testable import Store

/// A directory of its own for one test, removed with it.
final class TemporaryDirectory: Sendable {
    let path: String

    init() {
        path = FileManager.default.temporaryDirectory.path + "/store-tests-" + UUID().uuidString
    }

    var database: String { path + "/" + SQLiteStore.fileName }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

extension Timestamp {
    /// A fixed morning, plus seconds.
    static func at(_ seconds: Int64) -> Timestamp {
        Timestamp(milliseconds: 1_795_468_000_000).adding(seconds: seconds)
    }
}

extension JobRequest {
    static func make(
        _ kind: JobKind = .incremental, on connection: String = "default", trigger: JobTrigger = .api,
        options: JobOptions = JobOptions(), key: String? = nil
    ) -> JobRequest {
        JobRequest(kind: kind, connection: connection, trigger: trigger, options: options, idempotencyKey: key)
    }
}

extension EnqueueOutcome {
    var job: Job? {
        switch self {
        case .created(let job), .existing(let job): job
        case .idempotencyConflict: nil
        }
    }

    var isCreated: Bool {
        if case .created = self { true } else { false }
    }
}
