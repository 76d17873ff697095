import ConnectorCore
import Sandbox

/// One cell of the matrix: a fault at one call of a run.
struct FaultCell: Sendable {
    enum Run: String, Sendable, CaseIterable {
        case initial, incremental
        /// The same with vulnerabilities from the export: only the calls that hunting does not make.
        case exportInitial = "initial, export"
        case exportIncremental = "incremental, export"

        var kind: JobKind { self == .initial || self == .exportInitial ? .initial : .incremental }
        var source: VulnerabilitySource { self == .initial || self == .incremental ? .hunting : .export }
        var endpoints: [String] {
            source == .hunting
                ? FaultPlan.endpoints : ["vulnerabilityexport", "vulnerabilitychanges", "vulnerabilities"]
        }
    }

    enum Position: Int, Sendable, CaseIterable {
        case first, middle, later

        /// How many calls pass before the fault.
        func after(calls: Int) -> Int {
            switch self {
            case .first: 0
            case .middle: calls / 2
            case .later: max(0, calls - 1)
            }
        }
    }

    var run: Run
    var endpoint: String
    var fault: NamedFault
    var isPersistent: Bool
    var position: Position

    var row: FaultTable.Row {
        FaultTable.Row(run: run.rawValue, endpoint: endpoint, fault: fault.name, isPersistent: isPersistent)
    }

    /// - Parameter calls: how many calls of each endpoint a run without faults makes.
    static func all(calls: [Run: [String: Int]]) -> [FaultCell] {
        var cells: [FaultCell] = []
        for run in Run.allCases {
            for endpoint in run.endpoints {
                guard let count = calls[run]?[endpoint], count > 0 else { continue }
                for fault in NamedFault.all where fault.kind.fits(endpoint) {
                    for isPersistent in [false, true] {
                        for position in Position.allCases.prefix(count) {
                            cells.append(
                                FaultCell(
                                    run: run, endpoint: endpoint, fault: fault, isPersistent: isPersistent,
                                    position: position))
                        }
                    }
                }
            }
        }
        return cells
    }
}

/// A kind of fault as the table names it.
struct NamedFault: Sendable {
    var name: String
    var kind: Fault.Kind

    static let all: [NamedFault] = [
        NamedFault(name: "delay", kind: .delay(milliseconds: 30)), NamedFault(name: "hang", kind: .hang),
        NamedFault(name: "resetBefore", kind: .resetBefore), NamedFault(name: "resetAfter", kind: .resetAfter),
        NamedFault(name: "truncate", kind: .truncate), NamedFault(name: "status 400", kind: .status(400)),
        NamedFault(name: "status 401", kind: .status(401)), NamedFault(name: "status 403", kind: .status(403)),
        NamedFault(name: "status 404", kind: .status(404)), NamedFault(name: "status 500", kind: .status(500)),
        NamedFault(name: "status 503", kind: .status(503)), NamedFault(name: "html 502", kind: .html(status: 502)),
        NamedFault(name: "html 200", kind: .html(status: 200)),
        NamedFault(name: "throttle", kind: .throttle(retryAfterSeconds: nil)),
        NamedFault(name: "throttle Retry-After", kind: .throttle(retryAfterSeconds: 1)),
        NamedFault(name: "throttle until a date", kind: .throttleUntil(seconds: 1)),
        NamedFault(name: "wrongJSON", kind: .wrongJSON), NamedFault(name: "wrongShape", kind: .wrongShape),
        NamedFault(name: "empty", kind: .empty), NamedFault(name: "expireTokens", kind: .expireTokens),
        NamedFault(name: "duplicatePage", kind: .duplicatePage), NamedFault(name: "missingPage", kind: .missingPage),
        NamedFault(name: "nextLinkLoops", kind: .nextLinkLoops),
        NamedFault(name: "nextLinkElsewhere", kind: .nextLinkElsewhere),
        NamedFault(name: "cutRows", kind: .cutRows(FaultWorld.huntingRowLimit)),
        NamedFault(name: "resultTooLarge", kind: .resultTooLarge),
        NamedFault(name: "importFails", kind: .importFails(statusCode: 500)),
        NamedFault(name: "importFails 400", kind: .importFails(statusCode: 400)),
        NamedFault(name: "importHangs", kind: .importHangs),
        NamedFault(name: "statusWithoutLists", kind: .statusWithoutLists),
        NamedFault(name: "jobFails", kind: .jobFails),
        NamedFault(name: "jobHangs", kind: .jobHangs), NamedFault(name: "unknownEdge", kind: .unknownEdge),
    ]
}
