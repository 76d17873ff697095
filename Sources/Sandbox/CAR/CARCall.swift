/// The calls CAR answers, found by version, method and path.
enum CARCall: Sendable, Equatable {
    case databases
    case setUpDatabases
    case jobStatus(id: String)
    case enterSession(source: String)
    case leaveSession(source: String)
    case imports
    case importStatus
    case source(name: String)
    case patchSource
    case patchEdge(kind: String)
    case delete(source: String, collection: String)
    case importSchema
    case query
    case health

    /// - Parameter path: the decoded segments after the version.
    static func find(version: String, method: String, path: [String]) -> CARCall? {
        switch (version, method, path.count) {
        case ("v2", "GET", 1) where path[0] == "databases": .databases
        case ("v2", "POST", 1) where path[0] == "databases", ("v2", "PATCH", 1) where path[0] == "databases":
            .setUpDatabases
        case ("v2", "GET", 2) where path[0] == "jobstatus": .jobStatus(id: path[1])
        case ("v2", "POST", 3) where path[0] == "source" && path[2] == "full-import-in-progress":
            .enterSession(source: path[1])
        case ("v2", "DELETE", 3) where path[0] == "source" && path[2] == "full-import-in-progress":
            .leaveSession(source: path[1])
        case ("v2", "DELETE", 3) where path[0] == "source": .delete(source: path[1], collection: path[2])
        case ("v2", "GET", 2) where path[0] == "source": .source(name: path[1])
        case ("v2", "PATCH", 1) where path[0] == "source": .patchSource
        case ("v2", "POST", 1) where path[0] == "imports": .imports
        case ("v2", "GET", 1) where path[0] == "importstatus": .importStatus
        case ("v2", "PATCH", 1): .patchEdge(kind: path[0])
        case ("v3", "GET", 1) where path[0] == "importSchema": .importSchema
        case ("v3", "POST", 1) where path[0] == "query": .query
        case ("v3", "GET", 1) where path[0] == "health": .health
        default: nil
        }
    }

    /// The name used for faults and counters.
    var endpoint: String {
        switch self {
        case .databases, .setUpDatabases: "car.databases"
        case .jobStatus: "car.jobstatus"
        case .enterSession: "car.session.enter"
        case .leaveSession: "car.session.leave"
        case .imports: "car.imports"
        case .importStatus: "car.importstatus"
        case .source: "car.source.get"
        case .patchSource: "car.source.patch"
        case .patchEdge: "car.edge.patch"
        case .delete: "car.delete"
        case .importSchema: "car.importschema"
        case .query: "car.query"
        case .health: "car.health"
        }
    }
}
