import MicroHTTP

/// Who may call what. Tokens are kept as digests only.
public struct AccessPolicy: Sendable, CustomStringConvertible {
    enum Need: Sendable {
        case read
        /// A scrape: open on request.
        case metrics
        case operate
    }

    private let operatorDigest: [UInt8]?
    private let readerDigest: [UInt8]?
    private let metricsOpen: Bool

    /// - Parameters:
    ///   - operatorToken: allows everything. An empty token counts as none.
    ///   - readerToken: allows `GET`. With it alone nobody can start a run through the API.
    ///   - metricsOpen: whether `/metrics` needs no token.
    public init(operatorToken: String? = nil, readerToken: String? = nil, metricsOpen: Bool = false) {
        operatorDigest = Self.digest(operatorToken)
        readerDigest = Self.digest(readerToken)
        self.metricsOpen = metricsOpen
    }

    /// Whether everybody may do everything, since there is no token; such a service must listen on loopback only.
    public var isOpen: Bool { operatorDigest == nil && readerDigest == nil }

    public var description: String {
        "AccessPolicy(operator: \(operatorDigest != nil), reader: \(readerDigest != nil), metricsOpen: \(metricsOpen))"
    }

    /// - Throws: the refusal, 401 or 403.
    func check(_ request: HTTPRequest, for need: Need) throws {
        if need == .operate { try CrossSite.check(request, isOpen: isOpen) }
        if isOpen, need != .metrics { try CrossSite.checkName(request) }
        if isOpen || need == .metrics && metricsOpen { return }
        guard let token = Self.bearerToken(of: request) else { throw Refusal.unauthorized(tokenWasSent: false) }
        let digest = MessageDigest.sha256(Array(token.utf8))
        // Both are compared whatever the first says, so that the time tells nothing.
        let isOperator = Self.areEqual(digest, operatorDigest)
        let isReader = Self.areEqual(digest, readerDigest)
        if isOperator { return }
        guard isReader else { throw Refusal.unauthorized(tokenWasSent: true) }
        if need == .operate { throw Refusal.forbidden }
    }

    private static func digest(_ token: String?) -> [UInt8]? {
        guard let token, !token.isEmpty else { return nil }
        return MessageDigest.sha256(Array(token.utf8))
    }

    /// Takes the same time wherever the digests differ.
    private static func areEqual(_ a: [UInt8], _ b: [UInt8]?) -> Bool {
        let other = b ?? [UInt8](repeating: 0, count: a.count)
        let difference = zip(a, other).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) }
        return difference == 0 && b != nil
    }

    private static func bearerToken(of request: HTTPRequest) -> String? {
        let fields = request.headers.fields.filter { $0.name.lowercased() == "authorization" }
        guard fields.count == 1, let field = fields.first else { return nil }
        let parts = field.value.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
        let token = parts[1].drop { $0 == " " }
        return token.isEmpty ? nil : String(token)
    }
}
