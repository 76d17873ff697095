import Dispatch
import Foundation
import MicroHTTP
import Threading

/// Starts a deferred answer and waits for what is delivered.
final class Inbox: Sendable {
    struct NothingCame: Error {}

    private let delivered = Locked<HTTPResponse?>(nil)
    private let arrival = DispatchSemaphore(value: 0)

    init(_ response: HTTPResponse) {
        guard case .deferred(let start) = response.body else {
            delivered.withLock { $0 = response }
            arrival.signal()
            return
        }
        start(
            DeferredResponder { [self] response in
                delivered.withLock { $0 = $0 ?? response }
                arrival.signal()
            })
    }

    /// The wait is on a thread of Dispatch: on one of the few cooperative ones it would keep the awaited work from running.
    func take() async throws -> Answer {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async { [self] in
                continuation.resume(
                    with: Result {
                        guard arrival.wait(timeout: .now() + 60) == .success, let response = delivered.withLock({ $0 })
                        else { throw NothingCame() }
                        return Answer(response)
                    })
            }
        }
    }
}

/// Waits until `condition` holds; throws after a minute.
func poll(_ condition: () -> Bool) async throws {
    let deadline = Date.now + 60
    while !condition() {
        if Date.now > deadline { throw Inbox.NothingCame() }
        try await Task.sleep(for: .milliseconds(1))
    }
}
