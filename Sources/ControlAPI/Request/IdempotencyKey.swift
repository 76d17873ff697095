import MicroHTTP

/// The header `Idempotency-Key`: text of the client's choice that names one request.
enum IdempotencyKey {
    static let lengthMax = 255

    /// - Returns: `nil` where there is none.
    static func read(_ request: HTTPRequest) throws -> String? {
        let keys = request.headers.fields.filter { $0.name.lowercased() == "idempotency-key" }.map(\.value)
        guard let key = keys.first else { return nil }
        let isVisible = key.utf8.allSatisfy { (0x20...0x7e).contains($0) }
        guard keys.count == 1, isVisible, (1...lengthMax).contains(key.utf8.count) else {
            let reason = "must be given once, as 1 to \(lengthMax) visible ASCII characters"
            throw Refusal.invalidParameters([.init(field: "Idempotency-Key", reason: reason)])
        }
        return key
    }
}
