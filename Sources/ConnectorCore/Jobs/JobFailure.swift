/// Why a job failed, as the API shows it and as the command's exit code.
public struct JobFailure: Sendable, Equatable, Codable {
    /// - `recoverable`: CAR could not be used; the next run may be incremental (exit code 10).
    /// - `unrecoverable`: CAR refused something; the save point is reset, the next run is an initial import (20).
    /// - `datasource`: Defender could not be read; CAR's state is as it was (50 to 55).
    /// - `internal`: our own fault (1).
    public enum Class: String, Sendable, Codable {
        case recoverable, unrecoverable, datasource, `internal`
    }

    public var `class`: Class
    /// The predecessor's exit code, which orchestration scripts test.
    public var code: Int
    /// For the person who reads it; never holds a credential or a body.
    public var message: String
    /// Whether the same request may succeed later without anybody changing anything.
    public var retryable: Bool

    /// What the message of a run begins with that stopped because it would have removed too many machines.
    static let deletionGuardPrefix = "deletion guard: "

    public var isDeletionGuard: Bool { message.hasPrefix(Self.deletionGuardPrefix) }

    public init(class: Class, code: Int, message: String, retryable: Bool) {
        self.class = `class`
        self.code = code
        self.message = message
        self.retryable = retryable
    }

    /// The data source's codes: unknown 50, unreachable 51, authentication 52, forbidden 53, invalid parameter 54, bad
    /// data 55.
    public enum DataSourceCode: Int, Sendable {
        case unknown = 50, unreachable, authentication, forbidden, invalidParameter, badData
    }

    public static func dataSource(_ code: DataSourceCode, _ message: String) -> JobFailure {
        let retryable = code == .unknown || code == .unreachable || code == .badData
        return JobFailure(class: .datasource, code: code.rawValue, message: message, retryable: retryable)
    }

    public static func recoverable(_ message: String) -> JobFailure {
        JobFailure(class: .recoverable, code: 10, message: message, retryable: true)
    }

    public static func unrecoverable(_ message: String) -> JobFailure {
        JobFailure(class: .unrecoverable, code: 20, message: message, retryable: false)
    }

    public static func `internal`(_ message: String) -> JobFailure {
        JobFailure(class: .internal, code: 1, message: message, retryable: false)
    }
}

/// An error that knows what it means for the job. The adapters' errors conform to it.
public protocol ClassifiedFailure: Error {
    var jobFailure: JobFailure { get }
}
