import Foundation
import OutboundHTTP
import Testing

@Suite struct `Proxy` {
    /// In a process of its own, since the environment is the whole process's.
    @Test func `the environment's proxy is used, but for the hosts it excludes`() async throws {
        await #expect(processExitsWith: .success) {
            let proxy = try RawServer(always: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nproxy")
            let direct = try RawServer(always: "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\ndirect")
            setenv("http_proxy", "http://user:pw@127.0.0.1:\(proxy.port)", 1)
            setenv("https_proxy", "http://127.0.0.1:1", 1)
            setenv("no_proxy", "127.0.0.1", 1)
            let client = HTTPClient(configuration: HTTPClientConfiguration())
            let far = try await client.send(OutboundRequest(.get, url: "http://service.invalid/a"))
            #expect(far.body == Array("proxy".utf8))
            #expect(proxy.requests.first?.line == "GET http://service.invalid/a HTTP/1.1")
            let near = try await client.send(OutboundRequest(.get, url: direct.url + "/b"))
            #expect(near.body == Array("direct".utf8))
            #expect(direct.requests.first?.line == "GET /b HTTP/1.1")
            let tunnelled = await #expect(throws: OutboundError.self) {
                try await client.send(OutboundRequest(.get, url: "https://service.invalid/"))
            }
            #expect(tunnelled == .unreachable("service.invalid:443: Connection refused"))
        }
    }

    @Test func `the credentials of the environment's proxies are known`() {
        let environment = [
            "http_proxy": "http://user:pass%2Fword@host:3128", "HTTPS_PROXY": "us:other-word@host",
            "all_proxy": "socks5h://a-token@host", "ALL_PROXY": "http://host:3128/", "ftp_proxy": "http://a:b@host",
            "no_proxy": "localhost,.example", "OTHER": "http://user:not-a-proxy@host",
        ]
        #expect(
            Set(ProxyCredentials.secretTexts(in: environment)) == [
                "pass/word", "pass%2Fword", "user:pass/word", "user:pass%2Fword", "other-word", "us:other-word",
                "a-token",
                "a-token:",
            ])
        #expect(ProxyCredentials.secretTexts(in: [:]).isEmpty)
    }

    @Test func `a tunnel refused by the proxy says so, and the proxy does not see the authorization`() async throws {
        await #expect(processExitsWith: .success) {
            let proxy = try RawServer(always: "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
            setenv("https_proxy", "http://127.0.0.1:\(proxy.port)", 1)
            let client = HTTPClient(configuration: HTTPClientConfiguration())
            var request = OutboundRequest(.get, url: "https://service.invalid/")
            request.authorization = Secret("Bearer token")
            let sent = request
            let error = await #expect(throws: OutboundError.self) { try await client.send(sent) }
            #expect(error == .unreachable("service.invalid:443: the proxy refused with 407"))
            #expect(proxy.requests.first?.line == "CONNECT service.invalid:443 HTTP/1.1")
            #expect(proxy.requests.first?.header("Authorization") == nil)
        }
    }
}
