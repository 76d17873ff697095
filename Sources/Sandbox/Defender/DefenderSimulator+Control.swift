import MicroHTTP

extension DefenderSimulator {
    /// `GET counters`, `PUT faults`, `DELETE faults` below `/_sandbox/`; open, since the simulators listen on loopback.
    func control(_ path: String, _ request: HTTPRequest) -> HTTPResponse {
        switch (request.method, path) {
        case ("GET", "counters"): SandboxAnswer.json(200, counters.json)
        case (_, "faults"): FaultControl.answer(request, faults)
        default: SandboxAnswer.json(404, ["error": "unknown sandbox path"])
        }
    }
}
