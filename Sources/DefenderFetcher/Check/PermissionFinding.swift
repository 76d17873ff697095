import ConnectorCore
import OutboundHTTP

/// What the outcome of a probe says of its permission. Pure.
struct PermissionFinding {
    let settings: DefenderSettings
    let api: ProbedAPI
    /// What the probe carried.
    let authorization: Secret
    /// Of the token in it; `nil` where it can't be read.
    let claims: TokenClaims?

    private var safeText: SafeText { settings.safeText(and: authorization) }

    func result(of probe: DefenderProbe, _ outcome: ProbeOutcome) -> CheckResult {
        switch outcome {
        case .answer(let answer): return result(of: probe, answer)
        case .failure(let error): return network(probe, DefenderError(probe.call.operation, error))
        case .budgetSpent(let seconds):
            return CheckResult(
                name: probe.name, status: .unreachable,
                hint:
                    "Not tried: the tenant's call budget for \(probe.call.family.rawValue) is used up by imports, the "
                    + "next call may go out in \(Int(seconds.rounded(.up))) s. This says nothing of the permission; "
                    + "check again later.",
                code: JobFailure.DataSourceCode.unreachable.rawValue)
        case .outOfTime: return Self.outOfTime(probe.name)
        }
    }

    static func outOfTime(_ name: String) -> CheckResult {
        CheckResult(
            name: name, status: .unreachable,
            hint: "Not tried or not answered within the time of the check: see the checks before it.",
            code: JobFailure.DataSourceCode.unreachable.rawValue)
    }

    private func result(of probe: DefenderProbe, _ answer: ProbeAnswer) -> CheckResult {
        let isDefenders = answer.error?.origin == .defender
        switch answer.status {
        case 200 where answer.isList: return allowed(probe)
        case 404 where probe.notFoundIsAllowed && isDefenders: return CheckResult(name: probe.name, status: .ok)
        case 401 where answer.error?.isAboutLicence == true: return unlicensed(probe, answer)
        case 401: return refusedToken(probe, answer)
        case 403 where isDefenders: return forbidden(probe, answer)
        case 400 where probe.call.family == .hunting: return refusedQuery(probe, answer)
        case 300..<400:
            let host = answer.redirectHost.map { safeText.shortened($0) }
            return network(probe, error(.redirected(host: host), probe, answer))
        case 407: return network(probe, error(.unreachable("the proxy asks for credentials"), probe, answer))
        case 429: return network(probe, error(.throttled, probe, answer))
        case 408, 500...: return network(probe, error(.serverError(status: answer.status), probe, answer))
        // An import meets the same answer, and ends with the same code.
        case 400 where isDefenders: return network(probe, error(.rejected, probe, answer))
        case 401..<500 where isDefenders && ![404, 410].contains(answer.status):
            return network(probe, error(.unexpectedStatus(answer.status), probe, answer))
        default: return network(probe, error(.malformedAnswer("status \(answer.status)"), probe, answer))
        }
    }

    /// With a word on what ends soon.
    private func allowed(_ probe: DefenderProbe) -> CheckResult {
        var hint: String?
        if probe.name == probe.permission.name, probe.call.family == .hunting, let lastDay = probe.call.audience.lastDay
        {
            hint =
                "Microsoft ends this hunting API after \(lastDay): grant ThreatHunting.Read.All of Microsoft Graph and set "
                + "DEFENDER_HUNTING_API=graph before."
        }
        return CheckResult(name: probe.name, status: .ok, hint: hint)
    }

    // MARK: Refusals

    private func forbidden(_ probe: DefenderProbe, _ answer: ProbeAnswer) -> CheckResult {
        let permission = probe.permission.name
        var hint: String
        if claims?.allows(permission) == true {
            hint =
                "\(api.name) refuses \(probe.purpose) although the token carries \(permission): the feature may be switched "
                + "off in the tenant, or the permission was granted a moment ago. Try again in a few minutes."
        } else {
            hint =
                "\(api.name) refuses \(probe.purpose): the application lacks the application permission \(permission) of "
                + "\(probe.permission.resource), or an administrator has not consented to it. In Entra: App "
                + "registrations, the application \(settings.clientID), API permissions, Add a permission, \(place), "
                + "\(probe.permission.resource), Application permissions, \(permission); then Grant admin consent."
            if let claims { hint += " \(Self.remark(on: claims.roles))" }
        }
        hint += detail(answer)
        return CheckResult(
            name: probe.name, status: .denied, hint: hint, code: JobFailure.DataSourceCode.forbidden.rawValue)
    }

    /// The tab of Entra's page.
    private var place: String {
        api.loginName == DefenderCheck.loginName ? "APIs my organization uses" : "Microsoft APIs"
    }

    private static func remark(on roles: [String]) -> String {
        if roles.isEmpty {
            return
                "The token carries no application permission at all: admin consent is missing for every one of them, "
                + "or only delegated permissions were added."
        }
        return "The token carries \(roles.joined(separator: ", "))."
    }

    private func unlicensed(_ probe: DefenderProbe, _ answer: ProbeAnswer) -> CheckResult {
        let licence =
            probe.name == DefenderProbes.vulnerabilitiesName || probe.call.family == .vulnerabilityExport
            ? "Defender Vulnerability Management, which comes with Defender for Endpoint Plan 2; without it set "
                + "IMPORT_VULNERABILITIES=false" : "this data (Defender for Endpoint Plan 1 or 2)"
        return CheckResult(
            name: probe.name, status: .denied,
            hint: "The credentials are right, but the tenant has no licence for \(licence).\(detail(answer))",
            code: JobFailure.DataSourceCode.forbidden.rawValue)
    }

    private func refusedToken(_ probe: DefenderProbe, _ answer: ProbeAnswer) -> CheckResult {
        let audience = claims?.audience.map { " The token is for \($0)." } ?? ""
        let advice =
            NationalCloud.mismatch(settings)
            ?? "\(api.scopeSetting) (\(api.scope)) and \(api.urlSetting) (\(api.url)) must belong to the same API and "
            + "cloud."
        return CheckResult(
            name: probe.name, status: .misconfigured,
            hint: "\(api.name) refuses a token that Entra has just given out. \(advice)\(audience)\(detail(answer))",
            code: JobFailure.DataSourceCode.authentication.rawValue)
    }

    /// The probes' queries are right, so a refused one names something that the tenant does not have.
    private func refusedQuery(_ probe: DefenderProbe, _ answer: ProbeAnswer) -> CheckResult {
        if answer.error?.message.lowercased().contains("failed to resolve") == true {
            if probe.name == DefenderProbes.vulnerabilitiesName { return unlicensed(probe, answer) }
            return CheckResult(
                name: probe.name, status: .denied,
                hint: "Advanced hunting has no device tables in this tenant, as with Defender for Business: it needs "
                    + "Defender for Endpoint Plan 2.\(detail(answer))",
                code: JobFailure.DataSourceCode.forbidden.rawValue)
        }
        return CheckResult(
            name: probe.name, status: .misconfigured,
            hint:
                "Defender refuses the query of the check: is DEFENDER_API_URL a Defender for Endpoint API?\(detail(answer))",
            code: JobFailure.DataSourceCode.invalidParameter.rawValue)
    }

    // MARK: Everything else

    private func network(_ probe: DefenderProbe, _ error: DefenderError) -> CheckResult {
        var result = NetworkFinding(host: api.url, setting: api.urlSetting, service: api.name)
            .result(probe.name, of: error)
        if probe.call.family == .hunting, case .malformedAnswer("status 404") = error.reason,
            let lastDay = probe.call.audience.lastDay
        {
            result.hint =
                "\(result.hint ?? "") Microsoft ends this hunting API after \(lastDay): see DEFENDER_HUNTING_API."
        }
        return result
    }

    private func error(_ reason: DefenderError.Reason, _ probe: DefenderProbe, _ answer: ProbeAnswer) -> DefenderError {
        DefenderError(
            operation: probe.call.operation, reason: reason,
            detail: answer.error?.detail(safeText))
    }

    private func detail(_ answer: ProbeAnswer) -> String {
        answer.error.map { " (\($0.detail(safeText)))" } ?? ""
    }
}
