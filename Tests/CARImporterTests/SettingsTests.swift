import CARImporter
import OutboundHTTP
import Testing

@Suite struct `The settings of CAR` {
    private func problems(
        url: String = "https://car.example.com/api/car/v2",
        authorization: CARAuthorization = .token(Secret("token")), source: String = "Defender"
    ) -> [String] {
        do {
            _ = try CARSettings(baseURL: url, authorization: authorization, source: source)
            return []
        } catch {
            return error.problems.map(\.field)
        }
    }

    @Test(arguments: ["Microsoft-Windows-Defender-ATP", "a", "_:@=;!'%-.()+,$*", "Z9"])
    func `take a source of the characters that CAR allows`(source: String) {
        #expect(problems(source: source) == [])
    }

    @Test(arguments: [
        "", "a b", "a/b", "ü", "a?b", "a#b", "a&b", "a\nb", ".", "..", String(repeating: "x", count: 255),
    ])
    func `refuse any other source`(source: String) {
        #expect(problems(source: source) == ["source"])
    }

    @Test(
        arguments: [
            "", "car.example.com/api/car/v2", "ftp://car/api", "https://", "https://user:pw@car/api/car/v2",
            "https://car/api/car/v2?x=1", "https://car/api/car/v2#x", "https://car/a b", "https://car/\n",
        ]) func `refuse an address that is not plain`(url: String)
    {
        #expect(problems(url: url) == ["baseURL"])
    }

    @Test func `refuse credentials that can't be sent`() {
        #expect(problems(authorization: .token(Secret(""))) == ["authorization"])
        #expect(problems(authorization: .token(Secret("a\n"))) == ["authorization"])
        #expect(problems(authorization: .basic(key: Secret("a:b"), password: Secret("c"))) == ["authorization"])
        #expect(problems(authorization: .basic(key: Secret("a"), password: Secret(""))) == ["authorization"])
        #expect(problems(authorization: .basic(key: Secret("a"), password: Secret("b:c"))) == [])
    }

    @Test func `tell every problem at once`() {
        #expect(
            problems(url: "x", authorization: .token(Secret("")), source: "") == ["baseURL", "source", "authorization"])
    }

    @Test func `need no slash at the end of the address, and keep none`() throws {
        let token = CARAuthorization.token(Secret("t"))
        let settings = try CARSettings(baseURL: "https://car/api/car/v2/", authorization: token, source: "s")
        #expect(settings.baseURL == "https://car/api/car/v2")
    }

    @Test func `show no credential`() throws {
        let authorization = CARAuthorization.basic(key: Secret("hidden-key"), password: Secret("hidden-word"))
        let settings = try CARSettings(baseURL: "https://car/v2", authorization: authorization, source: "s")
        var text = "\(settings)"
        dump(settings, to: &text)
        #expect(!text.contains("hidden"))
    }
}
