import Foundation
import MicroHTTP
import Testing

@testable import ControlAPI

@Suite struct `The status page` {
    @Test func `may run its own script and style only, and is framed by nobody`() {
        for path in ["/", "/app.js", "/page/connections.js", "/app.css"] {
            let answer = Service().call("GET", path)
            #expect(answer.status == 200)
            let policy = answer.headers["Content-Security-Policy"] ?? ""
            #expect(policy.hasPrefix("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "))
            #expect(policy.contains("frame-ancestors 'none'"))
            #expect(!policy.contains("unsafe"))
            #expect(answer.headers["X-Content-Type-Options"] == "nosniff")
            #expect(answer.headers["Referrer-Policy"] == "no-referrer")
        }
    }

    /// Every module that the page loads, one after the other.
    private static func script(of service: Service) -> String {
        var names = ["app.js"]
        var text = ""
        var position = 0
        while position < names.count {
            let module = service.call("GET", "/\(names[position])")
            #expect(module.status == 200, "\(names[position])")
            text += module.text
            for match in module.text.matches(of: /from "\.\/(?:page\/)?([a-z]+\.js)"/) {
                let name = "page/\(match.1)"
                if !names.contains(name) { names.append(name) }
            }
            position += 1
        }
        return text
    }

    @Test func `has no inline script, style or handler and asks no other host`() {
        let service = Service()
        let html = service.call("GET", "/").text
        let scripts = html.components(separatedBy: "<script").dropFirst()
        #expect(scripts.count == 1)
        #expect(scripts.allSatisfy { $0.hasPrefix(" type=\"module\" src=\"app.js\"></script>") })
        #expect(!html.contains("<style") && !html.contains(" style=") && !html.contains("javascript:"))
        #expect(html.firstMatch(of: /\son[a-z]+=/) == nil)
        for text in [html, service.call("GET", "/app.css").text, Self.script(of: service)] {
            // The only addresses are the namespaces of SVG.
            let hosts = text.matches(of: /https?:\/\/[^"' )]+/).map { String($0.output) }
            #expect(Set(hosts).subtracting(["http://www.w3.org/2000/svg"]).isEmpty)
        }
    }

    @Test func `inserts values as text only and keeps the token in memory only`() {
        let script = Self.script(of: Service())
        for way in [
            "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "localStorage",
            "sessionStorage", "document.cookie", "setTimeout(\"", "DOMParser", "srcdoc",
        ] {
            #expect(!script.contains(way), "\(way)")
        }
        #expect(script.contains("textContent"))
    }

    @Test func `has no other modules`() {
        let answer = Service().call("GET", "/page/openapi.yaml")
        #expect(answer.status == 404)
        #expect(answer.string("code") == "not_found")
    }

    @Test func `is in no cache without asking, and 304 where it is the same`() {
        let service = Service()
        let first = service.call("GET", "/app.js")
        #expect(first.headers["Cache-Control"] == "no-cache")
        let again = service.call("GET", "/app.js", headers: ["If-None-Match": first.headers["ETag"] ?? ""])
        #expect(again.status == 304)
        #expect(again.text.isEmpty)
    }

    @Test func `names every element that its script looks for`() throws {
        let service = Service()
        let html = service.call("GET", "/").text
        let wanted = Self.script(of: service).matches(of: /find\("([a-z-]+)"\)/).map { String($0.output.1) }
        #expect(wanted.count > 10)
        for id in Set(wanted) { #expect(html.contains("id=\"\(id)\""), "\(id)") }
    }
}
