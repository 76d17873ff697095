import ConnectorCore
import Sandbox

/// Which failure a fault may end in.
enum FaultVerdict {
    /// Codes of the failures that describe the fault truly.
    static func codes(_ cell: FaultCell) -> Set<Int> {
        cell.endpoint.hasPrefix("car.") ? carCodes(cell) : defenderCodes(cell)
    }

    private static func defenderCodes(_ cell: FaultCell) -> Set<Int> {
        switch cell.fault.kind {
        case .delay: []
        case .hang, .resetBefore, .resetAfter, .throttle, .throttleUntil: [51]
        case .status(let status) where status >= 500: [51]
        case .html(let status): status == 200 ? [55] : [51]
        // Entra refuses the credentials, whatever the status.
        case .status where cell.endpoint == "token": [52]
        // A list answered with half of its body may be seen as cut on its way.
        case .truncate: [51, 55]
        case .status(401): [52]
        case .status(403): [53]
        case .status(404): [55]
        // A continuation that is refused time after time.
        case .status where cell.endpoint == "vulnerabilityexport" || cell.endpoint == "vulnerabilitychanges": [54, 55]
        case .status: [54]
        default: [52, 55]
        }
    }

    private static func carCodes(_ cell: FaultCell) -> Set<Int> {
        switch cell.fault.kind {
        case .delay: []
        case .status(404): [10, 20]
        case .html, .importFails, .jobFails, .wrongJSON, .wrongShape, .empty, .truncate, .throttle, .throttleUntil:
            [10, 20]
        default: [10]
        }
    }

    /// Answers that say, as Defender documents it, that there is nothing, or, as CAR does, that an edge is disabled or gone.
    static func isAsTold(_ cell: FaultCell) -> Bool {
        if cell.endpoint == "car.edge.patch" {
            switch cell.fault.kind {
            case .status(404), .unknownEdge, .wrongShape, .empty: return true
            default: return false
            }
        }
        switch cell.fault.kind {
        case .missingPage: return cell.isPersistent
        // One row too few is no sign of a cut, and none at all is a complete answer.
        case .status(404): return ["machines", "alerts", "logonusers", "vulnerabilities"].contains(cell.endpoint)
        default: return false
        }
    }
}
