import ConnectorCore
import OutboundHTTP

/// What it means that a service of Microsoft gave no answer of its own.
struct NetworkFinding {
    /// Its URL; host and port are shown.
    let host: String
    let setting: String
    /// "Entra's login".
    let service: String

    private var address: String { SafeURL(host).hostAndPort }

    func result(_ name: String, of error: DefenderError) -> CheckResult {
        let detail = error.detail.map { " (\($0))" } ?? ""
        let (status, hint): (CheckResult.Status, String) =
            switch error.reason {
            case .unreachable(let why): unreachable(why)
            case .redirected(let host):
                (
                    .misconfigured,
                    "\(address) answers with a redirect to \(host ?? "an unnamed host"), which \(service) never does: "
                        + "check \(setting), and whether a proxy wants a person to log in."
                )
            case .malformedAnswer:
                (
                    .misconfigured,
                    "Something else than \(service) answers at \(address), such as a proxy's page: check \(setting) and "
                        + "https_proxy."
                )
            case .throttled:
                (.unreachable, "\(service) refuses more requests for now (429). Try the check again in a minute.")
            case .serverError(let status):
                (
                    .unreachable,
                    "\(service) answers \(status): a fault on Microsoft's side, or of a proxy between. Try again later; "
                        + "Microsoft tells of outages in its service health."
                )
            case .rejected: (.misconfigured, "\(service) refuses the request of the check: is \(setting) right?")
            case .unexpectedStatus(let status):
                (
                    .misconfigured,
                    "\(service) refuses the request of the check with the status \(status): is \(setting) right?"
                )
            default: (.unreachable, error.description)
            }
        return CheckResult(name: name, status: status, hint: hint + detail, code: error.jobFailure.code)
    }

    private func unreachable(_ why: String) -> (CheckResult.Status, String) {
        // Set by OutboundHTTP, which knows TLS apart only in its text here.
        if why.hasPrefix("TLS") {
            return (
                .misconfigured,
                "No trusted TLS connection to \(address): \(why). A proxy that looks into TLS needs its authority in "
                    + "CA_FILE or in the system's store; also check that this machine's clock is right."
            )
        }
        if why.contains("proxy asks") {
            return (
                .unreachable,
                "The proxy asks for credentials: put them into https_proxy, http://USER:PASSWORD@HOST:PORT."
            )
        }
        return (
            .unreachable,
            "\(address) can't be reached (\(why)): check \(setting), DNS, https_proxy, and that the firewall lets this "
                + "machine out to that host."
        )
    }
}
