import ConnectorCore
import MicroHTTP
import Telemetry

extension ControlAPI {
    func addProbeRoutes(to router: inout Router) {
        router.on("GET", "/livez") { _ in Self.plain(200, "ok\n") }
        router.on("GET", "/readyz", ready)
        router.on("GET", "/metrics", guarded(.metrics, metrics))
    }

    /// Ready is a service that can write its store and does not stop; no remote service is asked.
    private func ready(_ request: HTTPRequest) -> HTTPResponse {
        var reasons: [String] = []
        if dependencies.queue.isDraining { reasons.append("draining") }
        if !storeHealth.isWritable() { reasons.append("store not writable") }
        if reasons.isEmpty { return Self.plain(200, "ready\n") }
        return Self.plain(503, "not ready: \(reasons.joined(separator: ", "))\n", headers: ["Retry-After": "5"])
    }

    private func metrics(_ request: HTTPRequest) -> HTTPResponse {
        let accepted = AcceptedTypes(request.headers.list("Accept"))
        // Plain text comes first, so that it wins a tie: OpenMetrics is sent only where it is asked for.
        let best = accepted.best(of: ["text/plain", "application/openmetrics-text"])
        let format: PrometheusText.Format = best == "application/openmetrics-text" ? .openMetrics : .prometheus
        return HTTPResponse(
            status: 200, contentType: format.contentType, text: dependencies.renderMetrics(format),
            headers: ["Cache-Control": "no-store", "Vary": "Accept"])
    }

    private static func plain(_ status: Int, _ text: String, headers: HTTPHeaders = [:]) -> HTTPResponse {
        var response = HTTPResponse(
            status: status, contentType: "text/plain; charset=utf-8", text: text, headers: headers)
        response.headers["Cache-Control"] = "no-store"
        return response
    }
}
