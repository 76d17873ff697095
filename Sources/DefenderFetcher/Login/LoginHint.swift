/// What to do about an error of Entra, by its AADSTS number. The numbers choose words for a person, nothing else.
enum LoginHint {
    static func hint(for error: ErrorBody) -> String? {
        for number in error.numbers {
            if let hint = hint(for: number) { return hint }
        }
        switch error.code {
        case "invalid_client": return "the application's credentials were refused: check client ID and client secret"
        case "unauthorized_client": return "the application may not log in like this: check client ID and tenant"
        case "invalid_scope", "invalid_resource": return "the scope was refused: check it, it ends with /.default"
        default: return nil
        }
    }

    private static func hint(for number: Int) -> String? {
        switch number {
        case 7_000_215:
            "the client secret is wrong: the secret's value is needed, not its ID"
        case 7_000_222:
            "the client secret has expired: create a new one"
        case 7_000_218:
            "no client secret was sent: set it"
        case 7_000_112:
            "the application is disabled in the tenant: an administrator must enable it"
        case 700_016, 7_000_229:
            "the application is not known in the tenant: check client ID and tenant"
        case 90002, 900_023, 50_059:
            "the tenant is not known: check the tenant ID, and that the login URL belongs to its cloud"
        case 9_001_023:
            "the tenant must be a GUID or domain name, not common or consumers"
        case 90038, 900_382, 900_432:
            "the tenant is in another cloud: set the login URL of its national cloud"
        case 500_011, 50001:
            "the scope's resource is not known in the tenant: check the scope, and that Defender for Endpoint was set up"
        case 70011, 28002, 700_022, 1_002_012:
            "the scope is wrong: it is one resource followed by /.default"
        case 65001, 65004:
            "the application has no consent: an administrator must grant it"
        case 50012, 700_027:
            "the credential was refused: certificate not registered or replaced"
        case 53003:
            "a conditional access policy blocks the application"
        default: nil
        }
    }
}

extension ErrorBody {
    /// Whether Entra itself says that asking again helps.
    var isTransientLoginError: Bool {
        code == "temporarily_unavailable" || !numbers.filter { [90006, 90024, 90033, 90055].contains($0) }.isEmpty
    }
}
