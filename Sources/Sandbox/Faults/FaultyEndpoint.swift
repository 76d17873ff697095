import Dispatch
import Foundation
import MicroHTTP

/// Applies what a fault asks for around an endpoint's own answer.
///
/// An error that it makes repeats the request's credentials and the beginning of its body, as debugging proxies do:
/// whoever shows such a message must have taken them out.
enum FaultyEndpoint {
    /// - Parameters:
    ///   - error: the service's form of an error of that status, with a text to add to its message.
    ///   - answer: does the work and answers; faults it doesn't handle here reach it as its argument.
    static func respond(
        to request: HTTPRequest, plan: FaultPlan, endpoint: String, error: (Int, String) -> HTTPResponse,
        answer: @escaping @Sendable (HTTPRequest, Fault.Kind?) throws -> HTTPResponse
    ) throws -> HTTPResponse {
        guard let fault = plan.next(endpoint) else { return try answer(request, nil) }
        switch fault {
        case .delay(let milliseconds):
            return HTTPResponse(
                status: 200,
                body: .deferred { responder in
                    DispatchQueue(label: "sandbox.delay").asyncAfter(deadline: .now() + .milliseconds(milliseconds)) {
                        responder.respond((try? answer(request, nil)) ?? SandboxAnswer.broken)
                    }
                })
        case .hang: return HTTPResponse(status: 200, body: .deferred { plan.hang($0) })
        case .resetBefore: return SandboxAnswer.reset
        case .resetAfter:
            _ = try answer(request, nil)
            return SandboxAnswer.reset
        case .truncate:
            var response = try answer(request, nil)
            if case .bytes(let bytes) = response.body { response.body = .bytes(Array(bytes.prefix(bytes.count / 2))) }
            return response
        case .status(let status): return error(status, echo(of: request))
        case .throttle(let seconds):
            var response = error(429, echo(of: request))
            response.headers["Retry-After"] = seconds.map(String.init)
            return response
        case .throttleUntil(let seconds):
            var response = error(429, echo(of: request))
            response.headers["Retry-After"] = httpDate(secondsFromNow: seconds)
            return response
        case .html(let status):
            return HTTPResponse(
                status: status, contentType: "text/html",
                text: "<html><body><h1>\(status) Bad Gateway</h1>\(echo(of: request))</body></html>")
        case .wrongJSON: return SandboxAnswer.json(200, Array("{\"value\":[{\"id\":".utf8))
        case .wrongShape: return SandboxAnswer.json(200, ["unexpected": true])
        case .empty: return HTTPResponse(status: 200, headers: ["Content-Type": "application/json"])
        case .expireTokens, .duplicatePage, .missingPage, .nextLinkLoops, .nextLinkElsewhere, .cutRows, .resultTooLarge,
            .importFails, .importHangs, .statusWithoutLists, .jobFails, .jobHangs, .unknownEdge:
            return try answer(request, fault)
        }
    }

    private static func echo(of request: HTTPRequest) -> String {
        let body = String(decoding: request.body.prefix(1000), as: UTF8.self)
        return " Request: Authorization: \(request.headers["Authorization"] ?? "none"); \(body)"
    }

    /// Such as `Sun, 06 Nov 1994 08:49:37 GMT`, rounded up to the second.
    private static func httpDate(secondsFromNow seconds: Int) -> String {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(secondsFromGMT: 0)
        formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        let now = Date().timeIntervalSince1970.rounded(.up)
        return formatter.string(from: Date(timeIntervalSince1970: now + Double(seconds)))
    }
}
