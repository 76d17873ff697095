import ConnectorCore
import Foundation
import MicroHTTP
import Testing
import Yams

@testable import ControlAPI

@Suite struct `The OpenAPI document` {
    private let text: String
    private let document: [String: Any]

    init() throws {
        text = Service().call("GET", "/openapi.yaml").text
        document = try #require(try Yams.load(yaml: text) as? [String: Any])
    }

    @Test func `is served as it is in the repository`() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let file = try String(contentsOf: root.appending(path: "openapi/openapi.yaml"), encoding: .utf8)
        #expect(text == file)
        #expect(document["openapi"] as? String == "3.1.0")
    }

    @Test func `describes every route and no other`() throws {
        let paths = try #require(document["paths"] as? [String: [String: Any]])
        let methods: Set = ["get", "post", "put", "patch", "delete"]
        let described = paths.flatMap { path, item in
            item.keys.filter(methods.contains).map { "\($0.uppercased()) \(path)" }
        }
        let routed = Service().api.router.routes.map { "\($0.method) \($0.template)" }
        #expect(Set(described).subtracting(routed).isEmpty)
        #expect(Set(routed).subtracting(described).isEmpty)
    }

    @Test func `has no reference that leads nowhere, and no component that nobody uses`() throws {
        let references = Set(self.references(in: document))
        for reference in references { #expect(resolve(reference) != nil, "\(reference)") }
        let components = try #require(document["components"] as? [String: [String: Any]])
        for (section, members) in components where section != "securitySchemes" {
            for name in members.keys {
                #expect(references.contains("#/components/\(section)/\(name)"), "\(section)/\(name)")
            }
        }
    }

    @Test func `names every path parameter of its paths`() throws {
        for (path, item) in try #require(document["paths"] as? [String: [String: Any]]) {
            let wanted = path.split(separator: "/").filter { $0.hasPrefix("{") }.map {
                String($0.dropFirst().dropLast())
            }
            let given = (item["parameters"] as? [[String: Any]] ?? []).compactMap { parameter in
                (parameter["$ref"] as? String).flatMap { (resolve($0) as? [String: Any])?["name"] as? String }
            }
            #expect(given == wanted)
        }
    }

    @Test func `lists the members that answers have`() throws {
        let service = Service()
        let job = service.addJob(.succeeded)
        service.store.setReport(ImportReport(), of: job.id)
        let cases = [
            ("Job", "/v1/jobs/\(job.id)"), ("JobPage", "/v1/jobs"), ("Connection", "/v1/connections/default"),
            ("Report", "/v1/jobs/\(job.id)/report"),
        ]
        for (name, target) in cases {
            let schema = try #require(resolve("#/components/schemas/\(name)") as? [String: Any])
            let described = Set((schema["properties"] as? [String: Any] ?? [:]).keys)
            #expect(Set(service.call("GET", target).json.keys) == described)
            #expect(Set(schema["required"] as? [String] ?? []) == described)
        }
    }

    private func references(in value: Any) -> [String] {
        if let object = value as? [String: Any] {
            return object.flatMap { name, value in
                name == "$ref" ? [value as? String ?? ""] : references(in: value)
            }
        }
        return (value as? [Any] ?? []).flatMap(references)
    }

    private func resolve(_ reference: String) -> Any? {
        var value: Any? = document
        for part in reference.split(separator: "/").dropFirst() { value = (value as? [String: Any])?[String(part)] }
        return value
    }
}
