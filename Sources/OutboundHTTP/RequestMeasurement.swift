/// What one attempt cost, for metrics.
public struct RequestMeasurement: Sendable, Equatable {
    public var label: String
    /// 0 if there was no answer.
    public var status: Int
    public var seconds: Double
    /// Of the body, as sent.
    public var sentBytes: Int
    /// Of the body, as received (before unpacking).
    public var receivedBytes: Int
    /// 1 for the first.
    public var attempt: Int
    /// `nil` if there was an answer.
    public var error: OutboundError?

    init(of transfer: Transfer, error: OutboundError? = nil) {
        label = transfer.request.label
        status = 0
        seconds = 0
        sentBytes = 0
        receivedBytes = 0
        attempt = transfer.attempt
        self.error = error
    }
}
