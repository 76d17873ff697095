/// What to do about an error of Entra, in half a sentence.
enum LoginHint {
    static func hint(for error: ErrorBody) -> String? {
        LoginProblem(error).map(hint(for:))
    }

    private static func hint(for problem: LoginProblem) -> String {
        switch problem {
        case .wrongSecret: "the client secret is wrong: the secret's value is needed, not its ID"
        case .expiredSecret: "the client secret has expired: create a new one"
        case .missingSecret: "no client secret was sent: set it"
        case .disabledApplication: "the application is disabled in the tenant: an administrator must enable it"
        case .unknownApplication: "the application is not known in the tenant: check client ID and tenant"
        case .unknownTenant:
            "the tenant is not known: check the tenant ID, and that the login URL belongs to its cloud"
        case .sharedTenant: "the tenant must be a GUID or domain name, not common or consumers"
        case .wrongCloud: "the tenant is in another cloud: set the login URL of its national cloud"
        case .unknownResource:
            "the scope's resource is not known in the tenant: check the scope, and that Defender for Endpoint was set up"
        case .wrongScope: "the scope is wrong: it is one resource followed by /.default"
        case .missingConsent: "the application has no consent: an administrator must grant it"
        case .wrongCertificate: "the credential was refused: certificate not registered or replaced"
        case .conditionalAccess: "a conditional access policy blocks the application"
        case .refusedClient: "the application's credentials were refused: check client ID and client secret"
        case .unauthorizedClient: "the application may not log in like this: check client ID and tenant"
        case .refusedScope: "the scope was refused: check it, it ends with /.default"
        }
    }
}

extension ErrorBody {
    /// Whether Entra itself says that asking again helps.
    var isTransientLoginError: Bool {
        code == "temporarily_unavailable" || !numbers.filter { [90006, 90024, 90033, 90055].contains($0) }.isEmpty
    }
}
