import ConnectorCore
import Foundation

/// One import that a command was asked for.
struct ImportRequest: Sendable, Equatable {
    var kind: JobKind
    var connection: String
    var options: JobOptions

    /// For the own queue.
    var job: JobRequest {
        JobRequest(kind: kind, connection: connection, trigger: .command, options: options)
    }

    /// For a service: `POST` here.
    var path: String { "/v1/imports/\(kind.rawValue)" }

    /// And send this.
    var body: [UInt8] {
        struct Body: Encodable {
            var connection: String
            var alerts: Bool?
            var vulnerabilities: Bool?
        }
        let body = Body(
            connection: connection, alerts: options.alerts, vulnerabilities: options.vulnerabilities)
        // Text and flags: what can't fail to encode.
        return (try? Array(JSONEncoder().encode(body))) ?? []
    }
}
