import MicroHTTP
import Testing

@Suite struct `Routes` {
    private func router() -> Router {
        var router = Router()
        for (method, template) in [
            ("GET", "/v1/jobs"), ("GET", "/v1/jobs/{id}"), ("POST", "/v1/jobs/{id}/cancel"),
            ("GET", "/v1/jobs/latest"), ("POST", "/v1/{kind}/{id}/cancel"), ("PUT", "/v1/jobs/{id}"), ("GET", "/"),
        ] {
            router.on(method, template) { request in
                let parameters = request.pathParameters.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
                return HTTPResponse(
                    status: 200, contentType: "text/plain",
                    text: "\(request.routeTemplate ?? "") \(parameters.joined(separator: ","))")
            }
        }
        return router
    }

    private func text(_ response: HTTPResponse) -> String {
        if case .bytes(let bytes) = response.body { String(decoding: bytes, as: UTF8.self) } else { "" }
    }

    @Test(arguments: [
        ("/", "/ "), ("/v1/jobs", "/v1/jobs "), ("/v1/jobs/7", "/v1/jobs/{id} id=7"),
        ("/v1/jobs/latest", "/v1/jobs/latest "), ("/v1/jobs/a%2Fb%20%C3%A9", "/v1/jobs/{id} id=a/b é"),
        ("/v1/%6Aobs/7", "/v1/jobs/{id} id=7"),
    ]) func `match by template, literals first, parameters decoded`(path: String, expected: String) {
        #expect(text(router().handle(HTTPRequest(method: "GET", path: path))) == expected)
    }

    @Test func `prefer the template with the earlier literal, whatever the order of adding`() {
        let response = router().handle(HTTPRequest(method: "POST", path: "/v1/jobs/7/cancel"))
        #expect(text(response) == "/v1/jobs/{id}/cancel id=7")
        #expect(response.routeTemplate == "/v1/jobs/{id}/cancel")
    }

    @Test(arguments: ["/v2", "/v1/jobs/", "/v1/jobs/7/", "/v1//7/cancel", "//", "/v1/jobs/7/cancel/x"])
    func `that don't exist are 404 problems`(path: String) {
        let response = router().handle(HTTPRequest(method: "GET", path: path))
        #expect(response.status == 404)
        #expect(response.headers["Content-Type"] == "application/problem+json")
        #expect(text(response).contains(#""code":"not_found""#))
        #expect(response.routeTemplate == nil)
    }

    @Test(arguments: ["/v1/jobs/%", "/v1/jobs/%4", "/v1/jobs/%zz", "/v1/jobs/%00", "/v1/jobs/%0a", "/v1/jobs/%ff", ""])
    func `with bad escapes are 400 problems`(path: String) {
        #expect(router().handle(HTTPRequest(method: "GET", path: path)).status == 400)
    }

    @Test func `refuse another method with 405 and Allow`() {
        let response = router().handle(HTTPRequest(method: "DELETE", path: "/v1/jobs/7"))
        #expect(response.status == 405)
        #expect(response.headers["Allow"] == "GET, HEAD, OPTIONS, PUT")
        #expect(response.routeTemplate == "/v1/jobs/{id}")
        #expect(text(response).contains(#""code":"method_not_allowed""#))
    }

    @Test func `answer OPTIONS with Allow and HEAD by the handler of GET`() {
        let options = router().handle(HTTPRequest(method: "OPTIONS", path: "/v1/jobs/7/cancel"))
        #expect(options.status == 204)
        #expect(options.headers["Allow"] == "OPTIONS, POST")
        #expect(router().handle(HTTPRequest(method: "HEAD", path: "/v1/jobs")).status == 200)
        #expect(router().handle(HTTPRequest(method: "HEAD", path: "/v1/jobs/7/cancel")).status == 405)
        #expect(router().handle(HTTPRequest(method: "OPTIONS", path: "*")).status == 204)
    }

    @Test func `are listed with their methods`() {
        let routes = router().routes.map { "\($0.method) \($0.template)" }
        #expect(
            routes.sorted() == [
                "GET /", "GET /v1/jobs", "GET /v1/jobs/latest", "GET /v1/jobs/{id}", "POST /v1/jobs/{id}/cancel",
                "POST /v1/{kind}/{id}/cancel", "PUT /v1/jobs/{id}",
            ])
    }
}

@Suite struct `Problem documents` {
    @Test func `are harmless where somebody puts it into a page`() {
        let problem = ProblemDocument(status: 404, code: "x", detail: "<b>&</b>", extras: ["<": .string("&")])
        let bytes = problem.json()
        #expect(!bytes.contains { [UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "&")].contains($0) })
        #expect(String(decoding: bytes, as: UTF8.self).contains(#""detail":"\u003cb\u003e\u0026\u003c/b\u003e""#))
    }

    @Test func `escape text and list errors and extras`() {
        let problem = ProblemDocument(
            status: 400, code: "bad_request", detail: "a \"b\" \\ \n\t\u{1}\u{7f} é 😀",
            errors: [.init(field: "alerts", reason: "must be true or false"), .init(field: "x", reason: "unknown")],
            extras: ["limit": .integer(3), "again": .boolean(false), "hint": .string("none")])
        #expect(
            String(decoding: problem.json(), as: UTF8.self)
                == #"{"type":"about:blank","title":"Bad Request","status":400,"code":"bad_request","#
                + #""detail":"a \"b\" \\ \n\t\u0001\u007f é 😀","errors":[{"field":"alerts","#
                + #""reason":"must be true or false"},{"field":"x","reason":"unknown"}],"#
                + #""again":false,"hint":"none","limit":3}"#)
    }
}
