import Testing

@testable import Sandbox

@Suite struct `Token endpoint` {
    @Test func `gives a bearer token for the right form`() throws {
        let simulator = try DefenderProbe().simulator
        let answer = try DefenderProbe.requestToken(simulator)
        #expect(answer.status == 200)
        #expect(answer.json["token_type"] == "Bearer")
        #expect(answer.json["expires_in"] == 3600)
    }

    @Test(arguments: [
        ("client_secret", "wrong", "invalid_client", 7_000_215), ("client_secret", nil, "invalid_client", 7_000_218),
        ("client_id", "other", "unauthorized_client", 700016), ("client_id", nil, "invalid_request", 900144),
        ("grant_type", "password", "unsupported_grant_type", 70003), ("grant_type", nil, "invalid_request", 900144),
        ("scope", "https://api.securitycenter.microsoft.com", "invalid_scope", 70011),
        ("scope", "https://other.example/.default", "invalid_resource", 500011),
        ("scope", nil, "invalid_request", 900144),
        ("resource", "https://x", "invalid_request", 901002),
    ])
    func `refuses a wrong form with the service's code`(name: String, value: String?, error: String, code: Int) throws {
        let simulator = try DefenderProbe().simulator
        var form = DefenderProbe.form
        form[name] = value
        let answer = try DefenderProbe.requestToken(simulator, form: form)
        #expect(answer.status == 400 || answer.status == 401)
        #expect(answer.json["error"]?.stringValue == error)
        #expect(answer.json["error_codes"]?[0].numberValue == Double(code))
        #expect(answer.json["error_description"]?.stringValue?.hasPrefix("AADSTS\(code): ") == true)
    }

    @Test func `refuses another tenant and a body that is no form`() throws {
        let simulator = try DefenderProbe().simulator
        #expect(try DefenderProbe.requestToken(simulator, tenant: "nowhere").json["error_codes"]?[0] == 90002)
        #expect(try DefenderProbe.requestToken(simulator, tenant: "common").json["error_codes"]?[0] == 9_001_023)
        #expect(try DefenderProbe.requestToken(simulator, type: "application/json").status == 400)
    }

    @Test func `expires and revokes tokens`() throws {
        let estate = Estate.fixed()
        let probe = try DefenderProbe(estate)
        #expect(try probe.get("/api/machines").status == 200)
        estate.advance(seconds: 3601)
        let expired = try probe.get("/api/machines")
        #expect(expired.status == 401 && expired.errorCode == "Unauthorized")
        let other = try DefenderProbe(estate)
        other.simulator.revokeTokens()
        #expect(try other.get("/api/machines").status == 401)
    }
}
