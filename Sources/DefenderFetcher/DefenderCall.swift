import OutboundHTTP

/// One call of the Defender API, without its token.
struct DefenderCall: Sendable {
    let family: APIFamily
    /// For errors, without ids and query: `GET /api/machines`.
    let operation: String
    var request: OutboundRequest
    /// Whose token the call carries.
    private(set) var audience = HuntingAPI.defender

    static func get(_ family: APIFamily, _ operation: String, url: String) -> DefenderCall {
        DefenderCall(family, operation, OutboundRequest(.get, url: url))
    }

    /// A hunting query may run for 200 s before the first byte of its answer, which may be 124 MB long.
    static func hunting(_ api: HuntingAPI, baseURL: String, json: [UInt8]) -> DefenderCall {
        var call = DefenderCall(.hunting, api.operation, OutboundRequest(.post, url: baseURL + api.path, body: json))
        call.audience = api
        call.request.isUrgent = true
        call.request.headers.append(("Content-Type", "application/json"))
        call.request.answerBytesMax = 256 << 20
        call.request.deadlineSeconds = 400
        call.request.stallSecondsMax = 300
        return call
    }

    /// A page of 1 KB a row, which Defender takes its time to put together.
    static func export(_ operation: String, url: String) -> DefenderCall {
        var call = DefenderCall(.vulnerabilityExport, operation, OutboundRequest(.get, url: url))
        call.request.deadlineSeconds = 400
        call.request.stallSecondsMax = 300
        return call
    }

    private init(_ family: APIFamily, _ operation: String, _ request: OutboundRequest) {
        self.family = family
        self.operation = operation
        self.request = request
        self.request.label = family.rawValue
        self.request.headers = [("Accept", "application/json")]
        // 10,000 machines are about 20 MB; alerts may be several times longer.
        self.request.answerBytesMax = 192 << 20
    }
}
