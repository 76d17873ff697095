import MicroHTTP

/// `$filter`, `$top` and `$skip` of a list request.
struct ListQuery: Sendable {
    /// The largest `$top`, and the length of a page without one.
    let topMax: Int
    var filter: ODataExpression?
    var filterText: String?
    var top: Int?
    var skip = 0

    init(
        _ request: HTTPRequest, properties: [String: ODataExpression.Kind], topMax: Int = 10_000
    ) throws(DefenderError) {
        self.topMax = topMax
        var seen: Set<String> = []
        for item in request.query {
            guard seen.insert(item.name).inserted else {
                throw DefenderError(400, "ODataError", "Query option '\(item.name)' was specified more than once.")
            }
            switch item.name {
            case "$filter":
                filterText = item.value
                do throws(ODataFilterParser.Failure) {
                    filter = try ODataFilterParser.parse(item.value, properties: properties)
                } catch {
                    throw DefenderError(400, "ODataError", error.message)
                }
            case "$top":
                let top = try item.number()
                guard top <= topMax else {
                    throw DefenderError(
                        400, "ODataError", "The limit of '\(topMax)' for Top query has been exceeded: '\(top)'.")
                }
                self.top = top
            case "$skip": skip = try item.number()
            case let name where name.hasPrefix("$"):
                throw DefenderError(400, "ODataError", "The query parameter '\(name)' is not supported.")
            default: throw DefenderError(400, "BadRequest", "The query parameter '\(item.name)' is unknown.")
            }
        }
    }
}
