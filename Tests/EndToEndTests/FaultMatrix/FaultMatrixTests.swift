import ConnectorCore
import Foundation
import Sandbox
import Testing

extension `End to end` {
    @Suite struct FaultMatrix {
        private static let mode = ProcessInfo.processInfo.environment["FAULT_MATRIX"] ?? ""
        /// Of so many cells a run of the whole suite tries one.
        private static let sampling = 17
        private static let atOnce = 10

        private struct Result: Sendable {
            var cell: FaultCell
            var outcome: String
            var problems: [String]
        }

        @Test(.timeLimit(.minutes(60)))
        func `ends every run right or failed for the right reason with nothing lost`() async throws {
            let calls = try await Self.references()
            let cells = FaultCell.all(calls: calls)
            let committed = try FaultTable.committed()
            let tried: [FaultCell]
            switch Self.mode {
            case "all", "write": tried = cells
            case "write-new": tried = cells.filter { committed[$0.row.key] == nil }
            default: tried = cells.enumerated().filter { $0.offset % Self.sampling == 0 }.map(\.element)
            }
            var table = FaultTable()
            if Self.mode == "write-new" { for cell in cells { table.keep(committed[cell.row.key], row: cell.row) } }
            var problems: [String] = []
            for result in try await Self.tryAll(tried, calls) {
                table.set(result.outcome, row: result.cell.row, position: result.cell.position.rawValue)
                problems += result.problems.map {
                    "\(result.cell.row) \(result.cell.position) -> \(result.outcome): \($0)"
                }
            }
            #expect(problems.isEmpty, "\(problems.count) of \(tried.count):\n\(problems.joined(separator: "\n"))")
            if Self.mode.hasPrefix("write") {
                var order: [FaultTable.Row] = []
                for cell in cells where order.last != cell.row { order.append(cell.row) }
                try table.write(order: order, cells: cells.count)
            }
            // Without a table there is nothing to compare with; `FAULT_MATRIX=write` makes it.
            let departures = committed.isEmpty || Self.mode.hasPrefix("write") ? [] : table.departures(from: committed)
            #expect(departures.isEmpty, "\(departures.joined(separator: "\n"))")
        }

        /// The calls of a run without faults.
        private static func reference(_ run: FaultCell.Run) async throws -> [String: Int] {
            let world = try await prepared(run.source)
            defer { world.end() }
            let before = world.calls
            let failure = try await world.run(run.kind)
            #expect(failure == nil, "\(failure?.message ?? "")")
            #expect(world.differences(allowsLooseVertices: run.kind == .incremental).isEmpty)
            return world.calls.merging(before) { $0 - $1 }
        }

        private static func references() async throws -> [FaultCell.Run: [String: Int]] {
            var calls: [FaultCell.Run: [String: Int]] = [:]
            for run in FaultCell.Run.allCases { calls[run] = try await reference(run) }
            return calls
        }

        /// A world that CAR knows from an earlier import, and in which everything has changed since.
        private static func prepared(_ vulnerabilities: VulnerabilitySource) async throws -> FaultWorld {
            let world = try FaultWorld(vulnerabilities: vulnerabilities)
            let failure = try await world.run(.initial)
            #expect(failure == nil, "\(failure?.message ?? "")")
            world.sandbox.estate.changeEverything()
            return world
        }

        private static func tryAll(
            _ cells: [FaultCell], _ calls: [FaultCell.Run: [String: Int]]
        ) async throws -> [Result] {
            return try await withThrowingTaskGroup(of: Result.self) { group in
                var waiting = cells.makeIterator()
                for _ in 0..<atOnce {
                    if let cell = waiting.next() { group.addTask { try await attempt(cell, calls) } }
                }
                var results: [Result] = []
                while let result = try await group.next() {
                    results.append(result)
                    if let cell = waiting.next() { group.addTask { try await attempt(cell, calls) } }
                }
                return results
            }
        }

        private static func attempt(
            _ cell: FaultCell, _ calls: [FaultCell.Run: [String: Int]]
        ) async throws -> Result {
            let world = try await prepared(cell.run.source)
            defer { world.end() }
            let savePoint = world.savePoint
            let retired = world.sandbox.car.counters
            let after = cell.position.after(calls: calls[cell.run]?[cell.endpoint] ?? 0)
            world.sandbox.setFaults([
                Fault(cell.endpoint, cell.fault.kind, after: after, count: cell.isPersistent ? nil : 1)
            ])
            let failure = try await world.run(cell.run.kind)
            world.sandbox.setFaults([])
            var result = Result(cell: cell, outcome: "ok", problems: [])
            if let failure {
                result.outcome = "\(failure.code)"
                result.problems = problems(of: failure, cell)
                let wanted = failure.class == .unrecoverable ? "" : savePoint
                if world.savePoint != wanted, !savePointMayBeWritten(cell, failure) {
                    result.problems.append("save point \(world.savePoint ?? "none"), not \(wanted ?? "none")")
                }
                let counters = world.sandbox.car.counters
                if counters.retiredVertices + counters.retiredEdges > retired.retiredVertices + retired.retiredEdges,
                    !sessionWasLeft(cell)
                {
                    result.problems.append("something was retired")
                }
            } else {
                let differences = world.differences(allowsLooseVertices: cell.run.kind == .incremental)
                if !differences.isEmpty {
                    result.outcome = "as told"
                    if !FaultVerdict.isAsTold(cell) { result.problems += differences.prefix(3) }
                }
            }
            // Whatever it was, it is gone: the next run mends everything.
            world.sandbox.estate.advance(seconds: 60)
            let next = try await world.run(result.outcome == "as told" ? .initial : .incremental)
            let left = world.differences(allowsLooseVertices: true)
            if let next {
                result.problems.append("the next run failed: \(next.message)")
            } else if !left.isEmpty {
                result.problems.append("after the next run: \(left.prefix(3).joined(separator: ", "))")
            }
            return result
        }

        private static func problems(of failure: JobFailure, _ cell: FaultCell) -> [String] {
            let classes: [Int: JobFailure.Class] = [1: .internal, 10: .recoverable, 20: .unrecoverable]
            var problems: [String] = []
            if failure.class != classes[failure.code] ?? .datasource { problems.append("class \(failure.class)") }
            if !FaultVerdict.codes(cell).contains(failure.code) {
                problems.append("code \(failure.code): \(failure.message)")
            }
            if failure.message.count < 20 { problems.append("message \(failure.message)") }
            // The errors that the sandbox makes repeat what they were sent.
            problems += FaultWorld.secrets.filter(failure.message.contains).map { "the message shows \($0)" }
            return problems
        }

        /// The save point was written, but its answer was lost: the next run recognises it as its own.
        private static func savePointMayBeWritten(_ cell: FaultCell, _ failure: JobFailure) -> Bool {
            guard cell.endpoint == "car.source.patch" else { return false }
            switch cell.fault.kind {
            case .resetAfter, .truncate, .delay: return true
            // An unrecoverable failure resets it by the very call that fails.
            default: return failure.class == .unrecoverable
            }
        }

        /// CAR has been told that everything is reported, rightly, before the fault came.
        private static func sessionWasLeft(_ cell: FaultCell) -> Bool {
            cell.endpoint == "car.session.leave" || cell.endpoint == "car.source.patch"
                || cell.endpoint == "car.jobstatus"
        }
    }
}
