/// What was waited for did not happen in time.
struct DeadlinePassed: Error, CustomStringConvertible {
    var description: String
}

/// Asks until there is an answer.
///
/// - Throws: `DeadlinePassed` naming `what`, or what `answer` throws.
func poll<Value>(
    _ what: String, within limit: Duration = .seconds(30), every pause: Duration = .milliseconds(10),
    _ answer: () async throws -> Value?
) async throws -> Value {
    let deadline = ContinuousClock.now + limit
    while true {
        if let value = try await answer() { return value }
        guard ContinuousClock.now < deadline else { throw DeadlinePassed(description: "\(what): not within \(limit)") }
        try await Task.sleep(for: pause)
    }
}

/// Waits until `condition` holds.
func poll(
    until what: String, within limit: Duration = .seconds(30), every pause: Duration = .milliseconds(10),
    _ condition: () async throws -> Bool
) async throws {
    _ = try await poll(what, within: limit, every: pause) { try await condition() ? true : nil }
}
