extension Fault {
    /// How a kind is written down: the member that holds its number, if it has one.
    struct Form: Sendable {
        var member: String?
        var isRequired = true
        var make: @Sendable (Int?) -> Kind
    }

    /// By name.
    static let forms: [String: Form] = [
        "delay": Form(member: "milliseconds") { .delay(milliseconds: $0 ?? 0) },
        "hang": Form { _ in .hang },
        "resetBefore": Form { _ in .resetBefore },
        "resetAfter": Form { _ in .resetAfter },
        "truncate": Form { _ in .truncate },
        "status": Form(member: "status") { .status($0 ?? 500) },
        "throttle": Form(member: "retryAfterSeconds", isRequired: false) { .throttle(retryAfterSeconds: $0) },
        "throttleUntil": Form(member: "seconds") { .throttleUntil(seconds: $0 ?? 0) },
        "expireTokens": Form { _ in .expireTokens },
        "html": Form(member: "status") { .html(status: $0 ?? 502) },
        "wrongJSON": Form { _ in .wrongJSON },
        "wrongShape": Form { _ in .wrongShape },
        "empty": Form { _ in .empty },
        "duplicatePage": Form { _ in .duplicatePage },
        "missingPage": Form { _ in .missingPage },
        "nextLinkLoops": Form { _ in .nextLinkLoops },
        "nextLinkElsewhere": Form { _ in .nextLinkElsewhere },
        "cutRows": Form(member: "rows") { .cutRows($0 ?? 0) },
        "resultTooLarge": Form { _ in .resultTooLarge },
        "importFails": Form(member: "status") { .importFails(statusCode: $0 ?? 500) },
        "importHangs": Form { _ in .importHangs },
        "statusWithoutLists": Form { _ in .statusWithoutLists },
        "jobFails": Form { _ in .jobFails },
        "jobHangs": Form { _ in .jobHangs },
        "unknownEdge": Form { _ in .unknownEdge },
    ]

    var isOfCAR: Bool { endpoint.hasPrefix("car.") }
}

extension Fault.Kind {
    /// Whether the endpoint can misbehave in this way.
    public func fits(_ endpoint: String) -> Bool {
        switch self {
        case .delay, .hang, .resetBefore, .resetAfter, .truncate, .status, .throttle, .throttleUntil, .html, .wrongJSON,
            .wrongShape, .empty:
            true
        case .expireTokens: FaultPlan.defenderCalls.contains(endpoint)
        case .duplicatePage, .missingPage, .nextLinkLoops, .nextLinkElsewhere:
            FaultPlan.pagedLists.contains(endpoint)
        case .cutRows, .resultTooLarge: endpoint == "hunting"
        case .importFails, .importHangs: endpoint == "car.imports"
        case .statusWithoutLists: endpoint == "car.importstatus"
        case .jobFails, .jobHangs: ["car.databases", "car.session.enter", "car.session.leave"].contains(endpoint)
        case .unknownEdge: endpoint == "car.edge.patch"
        }
    }
}
