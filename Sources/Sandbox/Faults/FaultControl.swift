import MicroHTTP

/// `PUT /_sandbox/faults` sets a simulator's faults, `DELETE` clears them, `GET` tells how many requests were hit.
enum FaultControl {
    static func answer(_ request: HTTPRequest, _ plan: FaultPlan) -> HTTPResponse {
        switch request.method {
        case "GET":
            let hits = plan.hits.sorted { $0.key < $1.key }.map { JSONValue.Member($0.key, .number(Double($0.value))) }
            return SandboxAnswer.json(200, ["hits": .object(hits)])
        case "DELETE":
            plan.clear()
            return SandboxAnswer.json(200, [:])
        case "PUT":
            do {
                let faults = try FaultPlan.faults(from: try JSONParser.parse(request.body))
                plan.set(faults)
                return SandboxAnswer.json(200, ["faults": .number(Double(faults.count))])
            } catch let error as FaultPlan.BadPlan {
                return SandboxAnswer.json(400, ["error": .string(error.detail)])
            } catch {
                return SandboxAnswer.json(400, ["error": .string("\(error)")])
            }
        default: return SandboxAnswer.json(405, ["error": "GET, PUT or DELETE"])
        }
    }
}
