import MicroHTTP

extension ControlAPI {
    /// The status page. It holds no data, so it is open; its script asks the API, with a token where one is needed.
    func addPageRoutes(to router: inout Router) {
        let security: HTTPHeaders = [
            "Content-Security-Policy":
                "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
                + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
            "Referrer-Policy": "no-referrer",
            "X-Frame-Options": "DENY",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
        ]
        let page = StaticFile(
            Array(PackageResources.index_html), type: "text/html; charset=utf-8", headers: security)
        let script = StaticFile(
            Array(PackageResources.app_js), type: "text/javascript; charset=utf-8", headers: security)
        let style = StaticFile(Array(PackageResources.app_css), type: "text/css; charset=utf-8", headers: security)
        router.on("GET", "/") { page.response(to: $0) }
        router.on("GET", "/app.js") { script.response(to: $0) }
        router.on("GET", "/app.css") { style.response(to: $0) }
    }
}
