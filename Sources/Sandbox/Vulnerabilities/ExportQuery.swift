import MicroHTTP

/// The options of the vulnerability export and of its changes.
struct ExportQuery: Sendable {
    static let pageSizeMax = 200_000
    static let pageSizeDefault = 50_000

    var pageSize = pageSizeDefault
    var top: Int?
    var skipToken: String?
    /// Only of the changes, and required there.
    var since: EstateTime?

    /// - Parameter takesTime: whether `sinceTime` belongs to the call.
    init(_ request: HTTPRequest, takesTime: Bool, now: EstateTime) throws(DefenderError) {
        var seen: Set<String> = []
        for item in request.query {
            let name = item.name.lowercased()
            guard seen.insert(name).inserted else {
                throw DefenderError(400, "ODataError", "Query option '\(item.name)' was specified more than once.")
            }
            switch name {
            case "pagesize":
                pageSize = try item.number()
                guard (1...Self.pageSizeMax).contains(pageSize) else {
                    throw DefenderError(400, "InvalidInput", "pageSize must be between 1 and \(Self.pageSizeMax).")
                }
            case "$top": top = try item.number()
            case "$skiptoken": skipToken = item.value
            case "sincetime" where takesTime:
                guard let time = EstateTime.parse(item.value) else {
                    throw DefenderError(400, "InvalidInput", "sinceTime '\(item.value)' is not a time.")
                }
                guard time >= now.adding(seconds: -EstateState.historySeconds) else {
                    throw DefenderError(400, "InvalidInput", "sinceTime must not be more than 14 days ago.")
                }
                since = time
            default: throw DefenderError(400, "BadRequest", "The query parameter '\(item.name)' is not supported.")
            }
        }
        if takesTime, since == nil {
            throw DefenderError(400, "MissingRequiredParameter", "The parameter 'sinceTime' is required.")
        }
    }
}
