import Foundation

/// Files of the repository that are tested by what they are used for.
enum Repository {
    static func file(_ path: String) throws -> URL {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let file = root.appendingPathComponent(path)
        guard FileManager.default.isReadableFile(atPath: file.path) else {
            throw DeadlinePassed(description: "\(path) is not in the repository")
        }
        return file
    }

    /// The blocks marked `promql`.
    static func promQL(inMarkdown path: String) throws -> [String] {
        let text = try String(contentsOf: file(path), encoding: .utf8)
        return text.components(separatedBy: "```promql\n").dropFirst().compactMap { block in
            block.components(separatedBy: "\n```").first
        }
    }

    /// The queries of every panel of the dashboard, its variables set to "all".
    static func dashboardExpressions() throws -> [String] {
        struct Dashboard: Decodable {
            struct Target: Decodable { var expr: String }
            struct Panel: Decodable { var targets: [Target]? }

            var panels: [Panel]
        }
        let data = try Data(contentsOf: file("docker/grafana/dashboards/defender-car.json"))
        return try JSONDecoder().decode(Dashboard.self, from: data).panels.flatMap { $0.targets ?? [] }.map { target in
            ["$instance", "$connection", "$job"].reduce(target.expr) { $0.replacingOccurrences(of: $1, with: ".*") }
        }
    }
}
