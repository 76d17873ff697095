/// The application permission that each call needs.
enum AppRoles {
    private static let byEndpoint = [
        "machines": "Machine.Read.All", "logonusers": "User.Read.All", "alerts": "Alert.Read.All",
        "hunting": "AdvancedQuery.Read.All", "vulnerabilityexport": "Vulnerability.Read.All",
        "vulnerabilitychanges": "Vulnerability.Read.All", "vulnerabilities": "Vulnerability.Read.All",
    ]

    static func check(_ endpoint: String, _ options: SandboxOptions) throws(DefenderError) {
        guard let role = byEndpoint[endpoint] else { return }
        if options.missingRoles.contains(role) {
            throw DefenderError(
                403, "Forbidden",
                "Missing application roles. API required roles: \(role), application roles: Machine.Read.All.")
        }
        if role == "Vulnerability.Read.All", !options.hasVulnerabilityLicence {
            throw DefenderError(401, "Unauthorized", "No Tvm license.")
        }
    }
}
