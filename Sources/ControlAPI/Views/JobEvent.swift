import ConnectorCore
import MicroHTTP

/// The end of a job as a CloudEvent 1.0 in JSON (structured mode), for a webhook.
public struct JobEvent: Sendable {
    public static let contentType = "application/cloudevents+json; charset=utf-8"

    /// The event's id is the job's: a receiver that has seen it before may forget it.
    public let body: [UInt8]

    /// - Returns: `nil` while the job has not ended.
    public init?(_ job: Job) {
        guard job.state.isFinal, let ended = job.endedAt else { return nil }
        let event = JSONValue.object([
            "specversion": "1.0",
            "id": .string(job.id.text),
            "source": .string("/v1/connections/\(URLText.encoded(job.connection))"),
            "type": .string("defender-car.job.\(job.state.rawValue)"),
            "subject": .string(job.id.text),
            "time": .string(ended.iso8601),
            "datacontenttype": "application/json",
            "data": JobView.json(job),
        ])
        body = event.bytes()
    }

    /// The value of `X-Hub-Signature-256`: `sha256=` and the HMAC of the body in hexadecimal digits.
    public func signature(key: String) -> String {
        let digest = MessageDigest.hmacSHA256(key: Array(key.utf8), message: body)
        let digits = Array("0123456789abcdef")
        return "sha256=" + String(digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }
}
