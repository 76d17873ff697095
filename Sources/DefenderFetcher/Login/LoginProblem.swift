/// What Entra refuses a login for, by its AADSTS numbers. They choose words for a person, nothing else.
enum LoginProblem: Sendable, Equatable, CaseIterable {
    case wrongSecret, expiredSecret, missingSecret, disabledApplication, unknownApplication, unknownTenant
    case sharedTenant, wrongCloud, unknownResource, wrongScope, missingConsent, wrongCertificate, conditionalAccess
    /// Refused with nothing but OAuth's own word.
    case refusedClient, unauthorizedClient, refusedScope

    /// - Returns: `nil` for an error that says none of these.
    init?(_ error: ErrorBody) {
        if let problem = error.numbers.lazy.compactMap(LoginProblem.init(number:)).first {
            self = problem
            return
        }
        switch error.code {
        case "invalid_client": self = .refusedClient
        case "unauthorized_client": self = .unauthorizedClient
        case "invalid_scope", "invalid_resource": self = .refusedScope
        default: return nil
        }
    }

    private init?(number: Int) {
        switch number {
        case 7_000_215: self = .wrongSecret
        case 7_000_222: self = .expiredSecret
        case 7_000_218: self = .missingSecret
        case 7_000_112: self = .disabledApplication
        case 700_016, 7_000_229: self = .unknownApplication
        case 90002, 900_023, 50_059: self = .unknownTenant
        case 9_001_023: self = .sharedTenant
        case 90038, 900_382, 900_432: self = .wrongCloud
        case 500_011, 50001: self = .unknownResource
        case 70011, 28002, 700_022, 1_002_012: self = .wrongScope
        case 65001, 65004: self = .missingConsent
        case 50012, 700_027: self = .wrongCertificate
        case 53003: self = .conditionalAccess
        default: return nil
        }
    }
}
