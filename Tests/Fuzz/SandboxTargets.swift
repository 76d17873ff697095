import MicroHTTP

@testable import Sandbox

extension FuzzTarget {
    /// What clients send to the simulators: each input goes through every parser.
    static let sandbox = [
        FuzzTarget(name: "sandbox") { bytes in
            let text = String(decoding: bytes, as: UTF8.self)
            if let value = try? JSONParser.parse(bytes) {
                let again = try? JSONParser.parse(value.text)
                require(again == value, "what is written can be read")
                _ = try? FaultPlan.faults(from: value)
            }
            _ = try? KQLParser.parse(text, now: now)
            for properties in [FilterProperties.machine, FilterProperties.alert] {
                _ = try? ODataFilterParser.parse(text, properties: properties)
            }
            _ = try? CARQueryParser.parse(text)
            _ = FormBody.parse(bytes)
            _ = try? CAREnvelope(bytes, checks: true)
            _ = try? CAREnvelope(unreadBody: bytes)
        }
    ]

    private static let now = EstateTime(nanoseconds: 1_800_000_000_000_000_000, fractionDigits: 0)
}
