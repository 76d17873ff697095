import Foundation
import MicroHTTP
import Threading

/// Microsoft's token endpoint for the client credentials grant (v2), and the tokens it gave out.
final class TokenService: Sendable {
    enum Verdict: Sendable, Equatable {
        case valid, expired, unknown
    }

    /// Whom a token is for; another service refuses it.
    enum Audience: Sendable {
        case defender, graph
    }

    private struct Content {
        /// Audience, and expiry in milliseconds of the estate's clock, by token.
        var tokens: [String: (audience: Audience, expiry: Int64)] = [:]
        var random: SplitMix64
    }

    private static let tokensMax = 10_000

    private let options: SandboxOptions
    private let now: @Sendable () -> EstateTime
    private let content: Locked<Content>

    init(options: SandboxOptions, now: @escaping @Sendable () -> EstateTime) {
        self.options = options
        self.now = now
        content = Locked(Content(random: SplitMix64(seed: options.seed, 0x70)))
    }

    /// Every token given so far is refused from now on.
    func revokeAll() {
        content.withLock { $0.tokens = [:] }
    }

    func check(_ token: String, for audience: Audience) -> Verdict {
        let time = now().milliseconds
        guard let known = content.withLock({ $0.tokens[token] }), known.audience == audience else { return .unknown }
        return time < known.expiry ? .valid : .expired
    }

    /// Answers `POST /{tenant}/oauth2/v2.0/token`.
    func answer(tenant: String, _ request: HTTPRequest) -> HTTPResponse {
        guard request.method == "POST" else {
            return refuse("invalid_request", 900561, "The endpoint only accepts POST requests.")
        }
        let type = request.headers["Content-Type"]?.split(separator: ";").first.map(String.init) ?? ""
        guard type.lowercased() == "application/x-www-form-urlencoded" else {
            return refuse(
                "invalid_request", 900144, "The request body must contain the following parameter: 'grant_type'.")
        }
        let form = FormBody.parse(request.body)
        if ["common", "consumers", "organizations"].contains(tenant) {
            return refuse("invalid_request", 9_001_023, "The grant type is not supported over the /\(tenant) endpoint.")
        }
        guard tenant.lowercased() == options.tenant.lowercased() else {
            return refuse("invalid_request", 90002, "Tenant '\(tenant)' not found.")
        }
        guard let grant = form["grant_type"] else {
            return refuse(
                "invalid_request", 900144, "The request body must contain the following parameter: 'grant_type'.")
        }
        guard grant == "client_credentials" else {
            return refuse("unsupported_grant_type", 70003, "The app requested an unsupported grant type '\(grant)'.")
        }
        if form["resource"] != nil {
            return refuse("invalid_request", 901002, "The 'resource' request parameter is not supported.")
        }
        guard let client = form["client_id"] else {
            return refuse(
                "invalid_request", 900144, "The request body must contain the following parameter: 'client_id'.")
        }
        guard client.lowercased() == options.clientID.lowercased() else {
            return refuse(
                "unauthorized_client", 700016, "Application with identifier '\(client)' was not found in the directory."
            )
        }
        guard let secret = form["client_secret"] else {
            return refuse(
                "invalid_client", 7_000_218, "The request body must contain 'client_assertion' or 'client_secret'.",
                status: 401)
        }
        guard secret == options.clientSecret else {
            return refuse("invalid_client", 7_000_215, "Invalid client secret provided.", status: 401)
        }
        guard let scope = form["scope"] else {
            return refuse("invalid_request", 900144, "The request body must contain the following parameter: 'scope'.")
        }
        guard scope.hasSuffix("/.default"), !scope.contains(" ") else {
            return refuse("invalid_scope", 70011, "The provided value for the input parameter 'scope' is not valid.")
        }
        guard options.scopes.contains(scope) || options.graphScopes.contains(scope) else {
            return refuse(
                "invalid_resource", 500011, "The resource principal named in the scope was not found in the tenant.")
        }
        return SandboxAnswer.json(
            200,
            [
                "token_type": "Bearer", "expires_in": .number(Double(options.tokenLifetimeSeconds)),
                "ext_expires_in": .number(Double(options.tokenLifetimeSeconds)),
                "access_token": .string(issue(options.graphScopes.contains(scope) ? .graph : .defender)),
            ])
    }

    private func issue(_ audience: Audience) -> String {
        let expiry = now().milliseconds + Int64(options.tokenLifetimeSeconds) * 1000
        return content.withLock { content in
            if content.tokens.count >= Self.tokensMax { content.tokens = [:] }
            let token = "sandbox." + Derived.hexadecimal(64, &content.random)
            content.tokens[token] = (audience, expiry)
            return token
        }
    }

    func refuse(_ error: String, _ code: Int, _ text: String, status: Int = 400) -> HTTPResponse {
        let time = EstateTime(nanoseconds: now().nanoseconds, fractionDigits: 0).text.replacingOccurrences(
            of: "T", with: " ")
        return SandboxAnswer.json(
            status,
            [
                "error": .string(error), "error_description": .string("AADSTS\(code): \(text)"),
                "error_codes": [.number(Double(code))], "timestamp": .string(time),
                "trace_id": "11111111-aaaa-4bbb-8ccc-222222222222",
                "correlation_id": "33333333-dddd-4eee-8fff-444444444444",
            ])
    }
}
