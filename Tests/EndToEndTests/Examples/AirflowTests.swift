import Foundation
import Sandbox
import Testing

extension `End to end` {
    /// examples/airflow/defender_car.py by try_dag.py: with Airflow where python3 has it, else with its stand-in.
    @Suite struct `Airflow DAG` {
        private static let token = "an-operator-token"

        private func run(
            _ scenario: Scenario, _ client: ControlClient, _ kind: String, token: String = Self.token,
            standInFor release: String = "3.2"
        ) async throws -> (code: Int32?, output: String, error: String) {
            let port = client.base.split(separator: ":").last ?? ""
            let connection =
                #"{"conn_type":"http","schema":"http","host":"127.0.0.1","port":\#(port),"password":"\#(token)"}"#
            return try await scenario.run(
                script: "examples/airflow/try_dag.py", with: "/usr/bin/env", arguments: ["python3"], [kind, release],
                environment: ["AIRFLOW_CONN_DEFENDER_CAR": connection, "PYTHONDONTWRITEBYTECODE": "1"])
        }

        @Test(.timeLimit(.minutes(3))) func `triggers, waits and logs the reconciliation`() async throws {
            try await withService(environment: ["API_TOKEN": Self.token]) { scenario, client in
                let ended = try await run(scenario, client, "initial")
                #expect(ended.code == 0, "\(ended.error)")
                #expect(ended.output.contains("## Read from Defender"))
                #expect(ended.output.contains("| Sums match | yes |"))
                scenario.expectRightGraph()
                #expect(!(ended.output + ended.error).contains(Self.token))
            }
        }

        /// Airflow's exceptions have moved between these releases.
        @Test(.timeLimit(.minutes(3)), arguments: ["3.1", "3.2"])
        func `fails with the job's code and message`(release: String) async throws {
            try await withService(environment: ["API_TOKEN": Self.token]) { scenario, client in
                scenario.sandbox.defender.faults.set([Fault("machines", .status(403), count: nil)])
                let ended = try await run(scenario, client, "incremental", standInFor: release)
                #expect(ended.code == 1)
                #expect(ended.error.contains("failed with code 53"), "\(ended.error)")
            }
        }

        @Test(.timeLimit(.minutes(3))) func `fails for good where the service refuses the token`() async throws {
            try await withService(environment: ["API_TOKEN": Self.token]) { scenario, client in
                let ended = try await run(scenario, client, "incremental", token: "another-operator-token")
                #expect(ended.code == 1)
                #expect(ended.error.contains("AirflowFailException: POST /v1/imports/incremental: 401"))
            }
        }
    }
}
