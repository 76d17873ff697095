/// What CAR was asked and what came of it, over all sources.
public struct CARCounters: Sendable, Equatable {
    public var imports = 0
    /// Objects in accepted imports, by collection.
    public var objects: [String: Int] = [:]
    public var importsRefused = 0
    public var importsFailed = 0
    public var importsThrottled = 0
    public var unfinishedPeak = 0
    /// Edges whose vertex was missing when the import was applied.
    public var dangling = 0
    /// Some of them, `KIND FROM -> TO`.
    public var danglingExamples: [String] = []
    /// Vertices that one run (report) sent more than once.
    public var repeatedVertices = 0
    public var edgePatches = 0
    public var edgePatchesNotFound = 0
    public var deletedVertices = 0
    public var deleteCalls = 0
    public var savePointWrites = 0
    public var sessionsEntered: [String: Int] = [:]
    public var sessionsLeft: [String: Int] = [:]
    /// Entered again before the former was left: what that one reported counts as unreported.
    public var sessionsReentered = 0
    public var sessionsLeftWithoutEntry = 0
    /// Left while imports of that source were not finished.
    public var sessionsLeftEarly = 0
    public var retiredVertices = 0
    public var retiredEdges = 0

    public init() {}

    public var json: JSONValue {
        func number(_ number: Int) -> JSONValue { .number(Double(number)) }
        func map(_ map: [String: Int]) -> JSONValue {
            .object(map.sorted { $0.key < $1.key }.map { JSONValue.Member($0.key, number($0.value)) })
        }
        return [
            "imports": number(imports), "objects": map(objects), "importsRefused": number(importsRefused),
            "importsFailed": number(importsFailed), "importsThrottled": number(importsThrottled),
            "unfinishedPeak": number(unfinishedPeak), "dangling": number(dangling),
            "danglingExamples": .array(danglingExamples.map { .string($0) }),
            "repeatedVertices": number(repeatedVertices),
            "edgePatches": number(edgePatches), "edgePatchesNotFound": number(edgePatchesNotFound),
            "deletedVertices": number(deletedVertices), "deleteCalls": number(deleteCalls),
            "savePointWrites": number(savePointWrites), "sessionsEntered": map(sessionsEntered),
            "sessionsLeft": map(sessionsLeft), "sessionsReentered": number(sessionsReentered),
            "sessionsLeftWithoutEntry": number(sessionsLeftWithoutEntry),
            "sessionsLeftEarly": number(sessionsLeftEarly),
            "retiredVertices": number(retiredVertices), "retiredEdges": number(retiredEdges),
        ]
    }
}
