import Foundation
import OutboundHTTP

/// A Prometheus of Debian that scrapes one service every second, with the alert rules of `docker/prometheus`.
final class PrometheusProcess: Sendable {
    /// One series of an answer to an instant query.
    struct Sample: Sendable {
        var labels: [String: String]
        /// When the query was evaluated, in seconds since 1970.
        var time: Double
        var value: Double
    }

    private struct Answer: Decodable {
        struct Result: Decodable {
            var metric: [String: String]
            /// The time and the value.
            var value: [Element]
        }

        enum Element: Decodable {
            case time(Double), value(Double)

            init(from decoder: any Decoder) throws {
                let container = try decoder.singleValueContainer()
                // A number is the time; the value comes as text.
                guard let text = try? container.decode(String.self) else {
                    self = .time(try container.decode(Double.self))
                    return
                }
                self = .value(text == "+Inf" ? .infinity : text == "-Inf" ? -.infinity : Double(text) ?? .nan)
            }
        }

        struct Payload: Decodable { var result: [Result] }

        var status: String
        var error: String?
        var data: Payload?
    }

    private struct Rules: Decodable {
        struct Rule: Decodable {
            var name: String
            var health: String
        }

        struct Group: Decodable { var rules: [Rule] }
        struct Payload: Decodable { var groups: [Group] }

        var data: Payload
    }

    private let process: Process
    private let http: ControlClient

    /// - Parameters:
    ///   - target: `http://HOST:PORT` of the service.
    ///   - directory: for its configuration and data.
    init(target: String, directory: URL) throws {
        let config = directory.appendingPathComponent("prometheus.yml")
        let rules = try Repository.file("docker/prometheus/alerts.yml").path
        let text = """
            global: {scrape_interval: 1s, evaluation_interval: 1s}
            rule_files: ['\(rules)']
            scrape_configs:
              - job_name: defender-car
                static_configs: [{targets: ['\(target.replacingOccurrences(of: "http://", with: ""))']}]
            """
        try Data(text.utf8).write(to: config)
        let port = Int.random(in: 20_000...29_999)
        process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/prometheus")
        process.arguments = [
            "--config.file=\(config.path)", "--web.listen-address=127.0.0.1:\(port)",
            "--storage.tsdb.path=\(directory.path)/tsdb",
        ]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        http = ControlClient(base: "http://127.0.0.1:\(port)")
    }

    func stop() {
        process.terminate()
        process.waitUntilExit()
    }

    /// Waits until the query gives a value.
    func poll(_ query: String) async throws {
        try await EndToEndTests.poll(until: query, within: .seconds(90), every: .milliseconds(200)) {
            // Refused until Prometheus listens.
            let values = try? await values(query)
            return values?.isEmpty == false
        }
    }

    /// The values of an instant query, one for each series.
    ///
    /// - Throws: what Prometheus says where it can't answer.
    func values(_ query: String) async throws -> [Double] {
        try await samples(query).map(\.value)
    }

    /// The answer to an instant query.
    ///
    /// - Throws: what Prometheus says where it can't answer.
    func samples(_ query: String) async throws -> [Sample] {
        let encoded = query.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
        let answer = try await http.send(.get, "/api/v1/query?query=\(encoded)")
        let decoded = try answer.decoded(Answer.self)
        guard decoded.status == "success", let data = decoded.data else {
            throw DeadlinePassed(description: "\(query): \(decoded.error ?? answer.text)")
        }
        return data.result.compactMap { result in
            guard case .time(let time)? = result.value.first, case .value(let value)? = result.value.last else {
                return nil
            }
            return Sample(labels: result.metric, time: time, value: value)
        }
    }

    /// The health of each alert rule by name, once every one was evaluated.
    func ruleHealth() async throws -> [String: String] {
        try await EndToEndTests.poll("the evaluation of every rule", within: .seconds(60), every: .milliseconds(200)) {
            let rules: Rules = try await http.get("/api/v1/rules")
            let health = rules.data.groups.flatMap(\.rules).map { ($0.name, $0.health) }
            let byName = Dictionary(health, uniquingKeysWith: { first, _ in first })
            return byName.values.contains("unknown") ? nil : byName
        }
    }
}
