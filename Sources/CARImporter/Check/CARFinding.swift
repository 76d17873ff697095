import ConnectorCore
import OutboundHTTP

/// What CAR's answers to a check mean, in words that an administrator of Cloud Pak for Security can act on. Pure.
struct CARFinding {
    let settings: CARSettings

    private var address: String { SafeURL(settings.baseURL).hostAndPort }
    private var usesToken: Bool {
        if case .token = settings.authorization { true } else { false }
    }
    private var urlSetting: String { usesToken ? "CAR_SERVICE_URL_FOR_AUTHTOKEN" : "CAR_SERVICE_URL" }

    func result(_ name: String, of error: CARError, redirectHost: String? = nil) -> CheckResult {
        let (status, hint) = words(for: error.reason, redirectHost)
        let detail = error.detail.map { " (\($0))" } ?? ""
        return CheckResult(name: name, status: status, hint: hint + detail, code: error.jobFailure.code)
    }

    private func words(for reason: CARError.Reason, _ redirectHost: String?) -> (CheckResult.Status, String) {
        switch reason {
        case .rejected(let status): words(forStatus: status, redirectHost)
        case .unreachable:
            (
                .unreachable,
                "CAR can't be reached at \(address): check \(urlSetting), DNS, https_proxy and no_proxy, and the firewall."
            )
        case .timedOut:
            (.unreachable, "CAR at \(address) did not answer in time: is it, or a proxy between, overloaded?")
        case .tls:
            (
                .misconfigured,
                "No trusted TLS connection to \(address): put the authority of Cloud Pak's certificate into CA_FILE (which "
                    + "then must hold those of Microsoft too), or into the system's store."
            )
        case .malformedReply:
            (
                .misconfigured,
                "Something else than CAR answers at \(address): \(urlSetting) must be the API's address, "
                    + "https://HOST/api/car/v2, and no login page or proxy may stand before it."
            )
        default: (.unreachable, "CAR can't be asked.")
        }
    }

    private func words(forStatus status: Int, _ redirectHost: String?) -> (CheckResult.Status, String) {
        switch status {
        case 300..<400:
            (
                .misconfigured,
                "CAR answers with a redirect to \(redirectHost ?? "another address"), as to a login page: \(urlSetting) "
                    + "must be the API's address, https://HOST/api/car/v2, with the scheme and host that Cloud Pak uses; "
                    + "CAR may also redirect whoever has no valid \(usesToken ? "token" : "API key")."
            )
        case 401 where usesToken:
            (.denied, "CAR refuses CAR_SERVICE_AUTHTOKEN: the token is wrong or has expired.")
        case 401:
            (
                .denied,
                "CAR refuses CAR_SERVICE_KEY with CAR_SERVICE_PASSWORD: compare both with the API key made in Cloud Pak "
                    + "for Security, or make a new one."
            )
        case 403:
            (.denied, "CAR knows the credentials but forbids them this: the API key lacks the rights of a connector.")
        case 404:
            (
                .misconfigured,
                "CAR's API is not at \(SafeURL(settings.baseURL)): \(urlSetting) must end in /api/car/v2."
            )
        case 407:
            (.unreachable, "The proxy asks for credentials: put them into https_proxy, or CAR's host into no_proxy.")
        case 429: (.unreachable, "CAR refuses more requests for now (429). Try the check again later.")
        case 500...:
            (.unreachable, "CAR, or a proxy before it, answers \(status): look at the CAR service in Cloud Pak.")
        default: (.misconfigured, "CAR answers \(status): is \(urlSetting) the address of CAR's API?")
        }
    }

    // MARK: State

    /// What an import sets up by itself is no fault.
    func database(_ name: String, _ database: DatabaseList.Database?) -> CheckResult {
        switch DatabaseStep.needed(by: database) {
        case .create:
            return CheckResult(
                name: name, status: .ok, hint: "CAR's database is not set up yet: the first import sets it up.")
        case .change(let change) where change.graphName != nil:
            return CheckResult(
                name: name, status: .ok, hint: "CAR's database has no graph yet: the first import makes it.")
        case .change:
            return CheckResult(
                name: name, status: .ok, hint: "CAR's database lacks indexes: the next import has them made.")
        case nil:
            if database?.isReady == true { return CheckResult(name: name, status: .ok) }
            return CheckResult(
                name: name, status: .misconfigured,
                hint:
                    "CAR says that its database is not ready, and not what is missing. Imports wait for it for an hour; "
                    + "if it stays so, look at the CAR service in Cloud Pak.",
                code: 10)
        }
    }

    func source(_ name: String, savePoint: String?) -> CheckResult {
        let isEmpty = savePoint?.isEmpty ?? true
        return CheckResult(
            name: name, status: .ok,
            hint: isEmpty ? "\(settings.source) has no save point: the next run is an initial import." : nil)
    }

    func unknownSource(_ name: String) -> CheckResult {
        CheckResult(
            name: name, status: .ok,
            hint: "CAR has no source \(settings.source) yet: the first import makes it. If there should be one, check "
                + "CONNECTION_NAME.")
    }
}
