import MicroHTTP

extension DefenderSimulator {
    private static let liveMachinesMax = 1_000_000
    private static let liveSecondsMax = 366 * 86_400

    /// `GET counters`, `PUT faults`, `DELETE faults`, `POST live` below `/_sandbox/`; open, since the simulators listen on
    /// loopback.
    func control(_ path: String, _ request: HTTPRequest) -> HTTPResponse {
        switch (request.method, path) {
        case ("GET", "counters"): SandboxAnswer.json(200, counters.json)
        case (_, "faults"): FaultControl.answer(request, faults)
        case ("POST", "live"): live(request)
        default: SandboxAnswer.json(404, ["error": "unknown sandbox path"])
        }
    }

    /// `POST live?machines=12&seconds=600`: what `Estate.live` does.
    private func live(_ request: HTTPRequest) -> HTTPResponse {
        func number(_ name: String, default value: Int, max: Int) -> Int? {
            guard let item = request.query.first(where: { $0.name == name }) else { return value }
            return Int(item.value).flatMap { (0...max).contains($0) ? $0 : nil }
        }
        guard request.query.allSatisfy({ ["machines", "seconds"].contains($0.name) }),
            let machines = number("machines", default: 12, max: Self.liveMachinesMax),
            let seconds = number("seconds", default: 600, max: Self.liveSecondsMax)
        else {
            let limits = "machines takes 0 to \(Self.liveMachinesMax), seconds 0 to \(Self.liveSecondsMax)"
            return SandboxAnswer.json(400, ["error": .string(limits)])
        }
        estate.live(machines: machines, seconds: Double(seconds))
        return SandboxAnswer.json(200, ["now": .string(estate.now.text)])
    }
}
