import ConnectorCore

/// Whether this machine's clock is right enough: runs ask Defender for what changed since times of this clock.
enum ClockFinding {
    static let name = "clock"
    /// Below this a run's overlap and every certificate's margin make up for it.
    static let offSecondsMax = 120.0

    /// - Parameters:
    ///   - server: the Date header's time, seconds since 1970.
    ///   - own: this machine's wall clock when the answer came.
    static func result(server: Double, own: Double) -> CheckResult {
        let off = own - server
        guard abs(off) > offSecondsMax else { return CheckResult(name: name, status: .ok) }
        let amount = words(seconds: Int(abs(off)))
        return CheckResult(
            name: name, status: .misconfigured,
            hint: "This machine's clock is \(amount) \(off > 0 ? "ahead of" : "behind") Microsoft's: set it (NTP). "
                + "Incremental runs would miss what changed meanwhile.",
            code: 1)
    }

    private static func words(seconds: Int) -> String {
        if seconds >= 2 * 86_400 { return "\((seconds + 43_200) / 86_400) days" }
        if seconds >= 2 * 3600 { return "\(seconds / 3600) hours" }
        return "\(seconds / 60) min \(seconds % 60) s"
    }
}
