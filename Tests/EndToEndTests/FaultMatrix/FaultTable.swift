import Foundation

/// `docs/faults.md`: what a run makes of every fault.
struct FaultTable {
    struct Row: Hashable {
        var run: String
        var endpoint: String
        var fault: String
        var isPersistent: Bool

        /// How often it is called depends on the pace of the machine: a call that was the last of one run may not come in
        /// another, or be followed by more.
        fileprivate var isPolled: Bool { ["car.importstatus", "car.jobstatus"].contains(endpoint) }

        /// Those of many machines go out together: the last may be that of one about which there is nothing new.
        fileprivate var isOfMachines: Bool { endpoint == "logonusers" }

        var key: String { "| \(run) | \(endpoint) | \(fault) | \(isPersistent ? "every call" : "once") |" }
    }

    private static func file() throws -> URL {
        try Repository.file("docs/sandbox.md").deletingLastPathComponent().appendingPathComponent("faults.md")
    }

    private(set) var outcomes: [Row: [String]] = [:]

    /// - Parameter position: 0, 1 or 2.
    mutating func set(_ outcome: String, row: Row, position: Int) {
        outcomes[row, default: ["", "", ""]][position] = outcome
    }

    /// What was found earlier.
    mutating func keep(_ earlier: [String]?, row: Row) {
        if let earlier { outcomes[row] = earlier.map { $0 == "-" ? "" : $0 } }
    }

    private static func line(_ row: Row, _ outcomes: [String]) -> String {
        "\(row.key) \(outcomes.map { $0.isEmpty ? "-" : $0 }.joined(separator: " | ")) |"
    }

    /// The committed outcomes by the row's beginning.
    static func committed() throws -> [String: [String]] {
        guard let text = try? String(contentsOf: try file(), encoding: .utf8) else { return [:] }
        var rows: [String: [String]] = [:]
        for line in text.split(separator: "\n") where line.hasPrefix("| i") {
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            guard cells.count == 7 else { continue }
            rows["| \(cells[0]) | \(cells[1]) | \(cells[2]) | \(cells[3]) |"] = Array(cells[4...])
        }
        return rows
    }

    /// Where the committed table says something else.
    func departures(from committed: [String: [String]]) -> [String] {
        outcomes.flatMap { row, seen in
            seen.enumerated().compactMap { position, outcome in
                guard !outcome.isEmpty else { return nil }
                let wanted = committed[row.key]?[position] ?? "nothing"
                if row.isPolled, position == 2, [outcome, wanted].contains("ok") { return nil }
                if row.isOfMachines, position == 2, outcome == "ok", wanted == "as told" { return nil }
                return wanted == outcome ? nil : "\(row.key) position \(position): \(outcome), the table says \(wanted)"
            }
        }.sorted()
    }

    func write(order: [Row], cells: Int) throws {
        var lines = [
            "# What becomes of faults", "",
            "Every fault of the sandbox ([sandbox.md](sandbox.md)) at the first, a middle and the last call of an",
            "endpoint, once and from there on at every call: \(cells) cells. Each runs on real sockets with the service's",
            "own clients and store, after an earlier import and a day of changes. Afterwards the fault is gone and one more",
            "run brings CAR to exactly what Defender says; the test checks that too.", "",
            "- `ok`: the run succeeded, and CAR shows exactly what Defender knows.",
            "- A number: the run failed with that code (10 recoverable, 20 unrecoverable, 51 unreachable, 52 authentication,",
            "  53 forbidden, 54 invalid parameter, 55 bad data, 50 other). The save point is as before (after 20 it is empty),",
            "  and CAR has retired nothing.",
            "- `as told`: Defender answers, in the form it documents for it, that there is nothing; so the run succeeds on what",
            "  it was told. Nothing is retired. No client can tell this from the truth.",
            "- `-`: the run makes no such call.", "",
            "`scripts/test` tries a sample; `FAULT_MATRIX=all swift test --filter FaultMatrix` tries all,",
            "`FAULT_MATRIX=write` writes this file, `FAULT_MATRIX=write-new` tries and adds what it lacks.", "",
            "| run | endpoint | fault | how often | first | middle | last |", "|---|---|---|---|---|---|---|",
        ]
        for row in order { if let outcomes = outcomes[row] { lines.append(Self.line(row, outcomes)) } }
        try (lines.joined(separator: "\n") + "\n").write(
            to: try Self.file(), atomically: true, encoding: .utf8)
    }
}
