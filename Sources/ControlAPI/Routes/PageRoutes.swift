import MicroHTTP

extension ControlAPI {
    /// The status page. It holds no data, so it is open; its script asks the API, with a token where one is needed.
    func addPageRoutes(to router: inout Router) {
        router.on("GET", "/") { StaticFile.page.response(to: $0) }
        router.on("GET", "/openapi.yaml", guarded(.read) { StaticFile.specification.response(to: $0) })
        router.on("GET", "/app.js") { StaticFile.script.response(to: $0) }
        router.on("GET", "/page/{module}") { request in
            guard let module = StaticFile.modules[request.pathParameters["module"] ?? ""] else {
                return ProblemDocument(status: 404, code: "not_found", detail: "There is nothing at this path.")
                    .response()
            }
            return module.response(to: request)
        }
        router.on("GET", "/app.css") { StaticFile.style.response(to: $0) }
    }
}

// Made once for the process: their tags are digests of all they hold.
extension StaticFile {
    static let specification = StaticFile(PackageResources.openapi_yaml, type: "application/yaml; charset=utf-8")

    fileprivate static let page = StaticFile(
        PackageResources.index_html, type: "text/html; charset=utf-8", headers: security)
    fileprivate static let script = StaticFile(
        PackageResources.app_js, type: "text/javascript; charset=utf-8", headers: security)
    /// What the script imports, by file name.
    fileprivate static let modules: [String: StaticFile] = [
        "ask.js": PackageResources.ask_js, "charts.js": PackageResources.charts_js,
        "connections.js": PackageResources.connections_js, "dom.js": PackageResources.dom_js,
        "history.js": PackageResources.history_js, "job.js": PackageResources.job_js,
        "live.js": PackageResources.live_js, "token.js": PackageResources.token_js,
        "words.js": PackageResources.words_js,
    ].mapValues { StaticFile($0, type: "text/javascript; charset=utf-8", headers: security) }
    fileprivate static let style = StaticFile(
        PackageResources.app_css, type: "text/css; charset=utf-8", headers: security)

    private static let security: HTTPHeaders = [
        "Content-Security-Policy":
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
            + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        "Referrer-Policy": "no-referrer",
        "X-Frame-Options": "DENY",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
    ]
}
