import ConnectorCore
import Foundation
import MicroHTTP
import Testing

@testable import ControlAPI

@Suite struct `Access` {
    /// Route, and whether it reads, operates, scrapes or is open.
    private static let table: [(method: String, template: String, need: String)] = [
        ("POST", "/v1/imports/initial", "operate"), ("POST", "/v1/imports/incremental", "operate"),
        ("POST", "/v1/jobs/{id}/cancel", "operate"), ("POST", "/v1/connections/{name}/check", "operate"),
        ("GET", "/v1/jobs", "read"), ("GET", "/v1/jobs/{id}", "read"), ("GET", "/v1/jobs/{id}/events", "read"),
        ("GET", "/v1/jobs/{id}/report", "read"), ("GET", "/v1/connections", "read"),
        ("GET", "/v1/connections/{name}", "read"), ("GET", "/openapi.yaml", "read"), ("GET", "/metrics", "metrics"),
        ("GET", "/livez", "open"), ("GET", "/readyz", "open"), ("GET", "/", "open"), ("GET", "/app.js", "open"),
        ("GET", "/app.css", "open"), ("GET", "/page/{module}", "open"),
    ]

    private static let routes: [(method: String, path: String, need: String)] = table.map { row in
        let path = [("{id}", "01JD0000000000000000000000"), ("{name}", "default"), ("{module}", "dom.js")].reduce(
            row.template
        ) { $0.replacingOccurrences(of: $1.0, with: $1.1) }
        return (row.method, path, row.need)
    }

    private enum Verdict: String {
        case allowed, unauthorized, forbidden

        init(_ status: Int) {
            self = status == 401 ? .unauthorized : status == 403 ? .forbidden : .allowed
        }
    }

    @Test func `every route is in the table`() {
        let routed = Service().api.router.routes.map { "\($0.method) \($0.template)" }
        #expect(Set(routed) == Set(Self.table.map { "\($0.method) \($0.template)" }))
    }

    @Test(arguments: [false, true])
    func `each token may do its own and no more`(metricsOpen: Bool) {
        let service = Service(
            access: AccessPolicy(operatorToken: "op-token", readerToken: "read-token", metricsOpen: metricsOpen))
        for (method, path, need) in Self.routes {
            let isOpen = need == "open" || need == "metrics" && metricsOpen
            let cases: [(String?, Verdict)] = [
                (nil, isOpen ? .allowed : .unauthorized),
                ("Bearer wrong", isOpen ? .allowed : .unauthorized),
                ("Bearer op-toke", isOpen ? .allowed : .unauthorized),
                ("Bearer op-token2", isOpen ? .allowed : .unauthorized),
                ("Basic b3AtdG9rZW4=", isOpen ? .allowed : .unauthorized),
                ("Bearer", isOpen ? .allowed : .unauthorized),
                ("Bearer read-token", need == "operate" ? .forbidden : .allowed),
                ("bearer op-token", .allowed),
            ]
            for (header, expected) in cases {
                var headers: HTTPHeaders = [:]
                headers["Authorization"] = header
                let answer = service.call(method, path, headers: headers)
                #expect(Verdict(answer.status) == expected, "\(method) \(path) with \(header ?? "no token")")
                if answer.status == 401 { #expect(answer.headers["WWW-Authenticate"]?.hasPrefix("Bearer") == true) }
            }
        }
    }

    @Test func `with a reader's token alone nobody operates`() {
        let service = Service(access: AccessPolicy(readerToken: "r"))
        #expect(service.call("POST", "/v1/imports/initial").status == 401)
        #expect(service.call("POST", "/v1/imports/initial", headers: ["Authorization": "Bearer r"]).status == 403)
        #expect(service.call("GET", "/v1/jobs", headers: ["Authorization": "Bearer r"]).status == 200)
    }

    @Test func `an empty token is no token`() {
        #expect(AccessPolicy(operatorToken: "", readerToken: "").isOpen)
        let service = Service(access: AccessPolicy(operatorToken: "o", readerToken: ""))
        #expect(service.call("GET", "/v1/jobs", headers: ["Authorization": "Bearer "]).status == 401)
    }

    @Test func `two authorization headers are none`() {
        let service = Service(access: AccessPolicy(operatorToken: "o"))
        let headers: HTTPHeaders = ["Authorization": "Bearer o", "authorization": "Bearer x"]
        #expect(service.call("GET", "/v1/jobs", headers: headers).status == 401)
    }

    @Test func `a token is in no description`() {
        let policy = AccessPolicy(operatorToken: "hunter2-secret", readerToken: "hunter3-secret")
        var dumped = ""
        dump(policy, to: &dumped)
        #expect(!"\(policy) \(String(reflecting: policy)) \(dumped)".contains("hunter"))
    }

    @Test(arguments: [
        (["Origin": "http://evil.example", "Host": "127.0.0.1:8080"], 403),
        (["Origin": "http://127.0.0.1:8080", "Host": "127.0.0.1:8080"], 202),
        (["Origin": "null", "Host": "127.0.0.1:8080"], 403),
        (["Host": "rebound.example:8080", "Origin": "http://rebound.example:8080"], 403),
        (["Host": "10.0.0.5:80"], 202), (["Host": "10.0.0.256"], 403), (["Host": "10.0.5"], 403),
        (["Host": "1.10.0.0.5"], 403),
        (["Host": "10..0.5"], 403), (["Host": "10.0.0."], 403), (["Host": "10.0.0.5x"], 403), (["Host": ""], 403),
        (["Host": "LOCALHOST"], 202), (["Host": "a.localhost:80"], 202), (["Host": "notlocalhost"], 403),
        (["Host": "localhost:8080"], 202), (["Host": "[::1]:8080"], 202), (["Host": "10.0.0.5"], 202), ([:], 202),
        (["Host": "rebound.example", "Origin": "http://rebound.example", "Sec-Fetch-Site": "same-origin"], 403),
        (["Sec-Fetch-Site": "cross-site"], 403), (["Sec-Fetch-Site": "same-origin"], 202),
    ])
    func `pages of other sites start nothing on an open service`(fields: [String: String], status: Int) {
        var headers: HTTPHeaders = [:]
        for (name, value) in fields { headers[name] = value }
        #expect(Service().call("POST", "/v1/imports/initial", headers: headers).status == status)
    }

    @Test(arguments: [("same-origin", 202), ("same-site", 403), ("cross-site", 403), (nil, 403)])
    func `the browser's word counts where a proxy calls the service by another name`(site: String?, status: Int) {
        var headers: HTTPHeaders = [
            "Host": "defender-car:8080", "Origin": "https://car.example", "Authorization": "Bearer o",
        ]
        headers["Sec-Fetch-Site"] = site
        let service = Service(access: AccessPolicy(operatorToken: "o"))
        #expect(service.call("POST", "/v1/imports/initial", headers: headers).status == status)
    }

    @Test func `a name that points to this machine reads nothing of an open service`() {
        let rebound: HTTPHeaders = ["Host": "rebound.example:8080"]
        for (method, path, need) in Self.routes where method == "GET" {
            let answer = Service().call(method, path, headers: rebound)
            #expect((answer.status == 403) == (need == "read"), "\(path)")
            #expect(Service().call(method, path, headers: ["Host": "localhost:8080"]).status != 403, "\(path)")
        }
        // With a token the name says nothing: a page of another site does not have it.
        let service = Service(access: AccessPolicy(readerToken: "r"))
        let headers: HTTPHeaders = ["Host": "defender-car.example", "Authorization": "Bearer r"]
        #expect(service.call("GET", "/v1/jobs", headers: headers).status == 200)
    }

    @Test func `no page of another site may read an answer`() {
        for (method, path, _) in Self.routes {
            for asked in [method, "OPTIONS"] {
                let headers: HTTPHeaders = [
                    "Origin": "https://elsewhere.example", "Access-Control-Request-Method": method,
                ]
                let answer = Service().call(asked, path, headers: headers)
                let names = answer.headers.fields.map { $0.name.lowercased() }
                #expect(!names.contains { $0.hasPrefix("access-control-") }, "\(asked) \(path)")
            }
        }
    }

    @Test func `digests are SHA-256`() {
        func hex(_ text: String) -> String {
            MessageDigest.sha256(Array(text.utf8)).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }
                .joined()
        }
        #expect(hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        #expect(hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(
            hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")
                == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")
    }
}
