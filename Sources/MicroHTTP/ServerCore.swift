import CMicroHTTPD
import Dispatch

/// What the library's callbacks share: settings, handler, and the account of what is not finished.
///
/// The library holds a reference to it as its context from start to stop.
final class ServerCore: Sendable {
    let configuration: HTTPServerConfiguration
    let handler: HTTPHandler
    let open = OpenAnswers()
    /// Entered for each request from its first line to its end.
    let requests = DispatchGroup()
    /// Runs the callers' actions; what blocks here delays no request.
    let events = DispatchQueue(label: "microhttp.events")

    init(configuration: HTTPServerConfiguration, handler: @escaping HTTPHandler) {
        self.configuration = configuration
        self.handler = handler
    }

    static func from(_ context: UnsafeMutableRawPointer) -> ServerCore {
        Unmanaged<ServerCore>.fromOpaque(context).takeUnretainedValue()
    }

    /// What is to be sent for `request`, whatever its handler does.
    func answer(_ request: HTTPRequest) -> HTTPResponse {
        do {
            return try handler(request)
        } catch let problem as ProblemDocument {
            return problem.response()
        } catch {
            let failure = error as? HandlerFailure
            configuration.onHandlerError?(failure?.underlying ?? error, request)
            var response = ProblemDocument.internalError.response()
            response.routeTemplate = failure?.routeTemplate
            return response
        }
    }
}
