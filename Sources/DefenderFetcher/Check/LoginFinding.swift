import ConnectorCore

/// What a refused login means, in words that an administrator of Entra can act on.
struct LoginFinding {
    let settings: DefenderSettings
    /// For which a token was asked.
    let api: ProbedAPI

    func result(of error: DefenderError, body: ErrorBody?) -> CheckResult {
        let code = error.jobFailure.code
        let detail = error.detail.map { " (\($0))" } ?? ""
        let problem = body.flatMap(LoginProblem.init)
        if case .credentials = error.reason {
            let advice = problem.map(advice) ?? "Entra refuses the login: \(Self.checkAll)."
            return CheckResult(
                name: api.loginName, status: problem?.status ?? .denied, hint: advice + detail, code: code)
        }
        return NetworkFinding(host: settings.loginURL, setting: "DEFENDER_LOGIN_URL", service: "Entra's login")
            .result(api.loginName, of: error)
    }

    private static let checkAll =
        "check CONFIGURATION_AUTH_TENANT, CONFIGURATION_AUTH_CLIENTID and CONFIGURATION_AUTH_CLIENTSECRET"

    private func advice(_ problem: LoginProblem) -> String {
        switch problem {
        case .wrongSecret, .refusedClient:
            "The client secret is wrong.\(secretIDRemark) Set CONFIGURATION_AUTH_CLIENTSECRET to the Value of a client "
                + "secret of this application (Entra, App registrations, Certificates & secrets), not to its Secret ID. "
                + "The value shows only when the secret is made: make a new one if nobody kept it."
        case .expiredSecret:
            "The client secret has expired: make a new one (Entra, App registrations, Certificates & secrets) and set "
                + "CONFIGURATION_AUTH_CLIENTSECRET to its Value."
        case .missingSecret: "No client secret was sent: set CONFIGURATION_AUTH_CLIENTSECRET."
        case .disabledApplication:
            "The application is disabled in the tenant: enable it in Entra, Enterprise applications, Properties, "
                + "\"Enabled for users to sign-in\"."
        case .unknownApplication, .unauthorizedClient:
            "The tenant has no application with this client ID: compare CONFIGURATION_AUTH_CLIENTID with the "
                + "Application (client) ID in Entra (not the Object ID), and CONFIGURATION_AUTH_TENANT with the "
                + "Directory (tenant) ID."
        case .unknownTenant:
            "There is no such tenant in this cloud: compare CONFIGURATION_AUTH_TENANT with the Directory (tenant) ID in "
                + "Entra. \(NationalCloud.advice)"
        case .sharedTenant:
            "CONFIGURATION_AUTH_TENANT must be the tenant's own ID or domain name, not common, organizations or consumers."
        case .wrongCloud: "The tenant is in another cloud. \(NationalCloud.advice)"
        case .unknownResource:
            "The tenant knows no resource for the scope \(api.scope): either \(api.name) has never been set up in the "
                + "tenant, or \(api.scopeSetting) belongs to another cloud."
        case .wrongScope, .refusedScope:
            "\(api.scopeSetting) is wrong: it is one resource followed by /.default, such as "
                + "https://api.securitycenter.microsoft.com/.default or https://graph.microsoft.com/.default."
        case .missingConsent:
            "Nobody has consented to the application's permissions: an administrator must grant admin consent (Entra, "
                + "App registrations, API permissions)."
        case .wrongCertificate:
            "The credential was refused: its certificate is not registered with the application, or was replaced."
        case .conditionalAccess:
            "A conditional access policy blocks the application: exempt its service principal, or let it log in from "
                + "this network."
        }
    }

    /// A secret's ID is a GUID and its value never is.
    private var secretIDRemark: String {
        Self.isGUID(settings.clientSecret.reveal()) ? " What is set has the form of a secret's ID." : ""
    }

    static func isGUID(_ text: String) -> Bool {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        return parts.map(\.utf8.count) == [8, 4, 4, 4, 12] && parts.allSatisfy { $0.allSatisfy(\.isHexDigit) }
    }
}

extension LoginProblem {
    /// Whether somebody must grant or renew something, or a setting is wrong.
    fileprivate var status: CheckResult.Status {
        switch self {
        case .wrongSecret, .expiredSecret, .disabledApplication, .missingConsent, .wrongCertificate,
            .conditionalAccess, .refusedClient:
            .denied
        case .missingSecret, .unknownApplication, .unauthorizedClient, .unknownTenant, .sharedTenant, .wrongCloud,
            .unknownResource, .wrongScope, .refusedScope:
            .misconfigured
        }
    }
}

/// The settings that change together where the tenant is not in Microsoft's commercial cloud.
enum NationalCloud {
    static let advice =
        "US government tenants (GCC High, DoD) need DEFENDER_LOGIN_URL=https://login.microsoftonline.us, "
        + "DEFENDER_API_URL=https://api-gov.securitycenter.microsoft.us and "
        + "DEFENDER_SCOPE=https://api-gov.securitycenter.microsoft.us/.default."

    /// What does not fit together, where that can be seen from the addresses alone.
    static func mismatch(_ settings: DefenderSettings) -> String? {
        let login = isGovernment(settings.loginURL)
        let api = isGovernment(settings.apiURL) && !settings.apiURL.lowercased().contains("://api-gcc.")
        let scope = isGovernment(settings.scope)
        if login != api {
            return "DEFENDER_LOGIN_URL (\(settings.loginURL)) and DEFENDER_API_URL (\(settings.apiURL)) belong to "
                + "different clouds. \(advice)"
        }
        if isGovernment(settings.apiURL) != scope {
            return "DEFENDER_SCOPE (\(settings.scope)) belongs to another cloud than DEFENDER_API_URL: it should be "
                + "\(settings.apiURL.withoutTrailingSlashes)/.default."
        }
        return nil
    }

    private static func isGovernment(_ url: String) -> Bool {
        let host = url.lowercased().split(separator: "/").dropFirst().first ?? ""
        return host.hasSuffix(".us") || host.contains(".us:")
    }
}
