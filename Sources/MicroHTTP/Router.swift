/// Answers a request on a server thread. May block for a short transaction only; longer work uses `.deferred`.
/// An error that is thrown becomes a 500 problem document; a `ProblemDocument` that is thrown is the answer itself.
public typealias HTTPHandler = @Sendable (HTTPRequest) throws -> HTTPResponse

/// Finds the handler of a request by method and path.
///
/// - A template is a path whose segments are literals or `{name}`; a parameter stands for one non-empty segment.
///   A literal segment wins over a parameter.
/// - Unknown path: 404. Known path, other method: 405 with `Allow`. `HEAD` goes to the handler of `GET` (the server sends
///   no body), `OPTIONS` is answered 204 with `Allow`.
/// - A path with a bad percent-escape, a control character or text that is not UTF-8: 400.
public struct Router: Sendable {
    private struct Entry {
        var template: RouteTemplate
        var handlers: [(method: String, handler: HTTPHandler)]

        func handler(for method: String) -> HTTPHandler? {
            handlers.first { $0.method == method }?.handler
        }

        var allow: String {
            var methods = Set(handlers.map(\.method))
            methods.insert("OPTIONS")
            if methods.contains("GET") { methods.insert("HEAD") }
            return methods.sorted().joined(separator: ", ")
        }
    }

    /// More specific templates first.
    private var entries: [Entry] = []
    /// Positions in `entries` of the templates without parameters, so that the common case is one lookup.
    private var literals: [String: Int] = [:]

    public init() {}

    /// Every method and template that was added, the most specific template first.
    public var routes: [(method: String, template: String)] {
        entries.flatMap { entry in entry.handlers.map { ($0.method, entry.template.text) } }
    }

    /// Adds a handler. The template must begin with `/`, each parameter needs a name of its own, and a method can be added
    /// once per template; anything else is a programming error and traps.
    public mutating func on(_ method: String, _ template: String, _ handler: @escaping HTTPHandler) {
        if let position = entries.firstIndex(where: { $0.template.text == template }) {
            precondition(entries[position].handler(for: method) == nil, "route added twice: \(method) \(template)")
            entries[position].handlers.append((method, handler))
            return
        }
        let entry = Entry(template: RouteTemplate(template), handlers: [(method, handler)])
        let position = entries.firstIndex { entry.template.isMoreSpecific(than: $0.template) } ?? entries.endIndex
        entries.insert(entry, at: position)
        literals = [:]
        for (position, entry) in entries.enumerated() where !entry.template.hasParameters {
            literals[entry.template.text] = position
        }
    }

    /// Answers `request`, or throws what its handler threw, wrapped so that the server still learns the route.
    public func callAsFunction(_ request: HTTPRequest) throws -> HTTPResponse {
        if request.path == "*", request.method == "OPTIONS" { return HTTPResponse(status: 204) }
        var request = request
        let entry: Entry
        if let position = literals[request.path] {
            entry = entries[position]
        } else {
            guard let segments = RouteTemplate.segments(ofPath: request.path) else {
                return ProblemDocument(
                    status: 400, code: "bad_request", detail: "The path holds an escape or character that is not valid."
                ).response()
            }
            guard let found = match(segments) else {
                return ProblemDocument(status: 404, code: "not_found", detail: "There is nothing at this path.")
                    .response()
            }
            entry = found.entry
            request.pathParameters = found.parameters
        }
        request.routeTemplate = entry.template.text
        var response = try answer(request, by: entry)
        response.routeTemplate = entry.template.text
        return response
    }

    /// Answers `request`; an error of the handler becomes a 500 problem document.
    public func handle(_ request: HTTPRequest) -> HTTPResponse {
        do {
            return try self(request)
        } catch {
            var response = ProblemDocument.internalError.response()
            response.routeTemplate = (error as? HandlerFailure)?.routeTemplate
            return response
        }
    }

    private func match(_ segments: [String]) -> (entry: Entry, parameters: [String: String])? {
        for entry in entries {
            if let parameters = entry.template.match(segments) { return (entry, parameters) }
        }
        return nil
    }

    private func answer(_ request: HTTPRequest, by entry: Entry) throws -> HTTPResponse {
        let handler = entry.handler(for: request.method) ?? (request.method == "HEAD" ? entry.handler(for: "GET") : nil)
        guard let handler else {
            if request.method == "OPTIONS" { return HTTPResponse(status: 204, headers: ["Allow": entry.allow]) }
            return ProblemDocument(
                status: 405, code: "method_not_allowed", detail: "This path does not support the method of the request."
            ).response(headers: ["Allow": entry.allow])
        }
        do {
            return try handler(request)
        } catch let problem as ProblemDocument {
            return problem.response()
        } catch {
            throw HandlerFailure(routeTemplate: entry.template.text, underlying: error)
        }
    }
}

/// What a handler threw, with the route it belongs to.
struct HandlerFailure: Error {
    var routeTemplate: String
    var underlying: any Error
}
