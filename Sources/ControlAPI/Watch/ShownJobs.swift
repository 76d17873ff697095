import ConnectorCore
import MicroHTTP
import Threading

/// The answers about single jobs, made once for a revision of the store: orchestrators ask for the same few again and
/// again.
final class ShownJobs: Sendable {
    private static let answersMax = 256

    private let answers = Locked((revision: UInt64(0), byID: [String: HTTPResponse]()))

    /// - Parameter revision: the store's, asked for just now.
    func answer(of id: String, at revision: UInt64) -> HTTPResponse? {
        answers.withLock { $0.revision == revision ? $0.byID[id] : nil }
    }

    /// - Parameter revision: the store's before the job was read.
    func keep(_ answer: HTTPResponse, of id: String, at revision: UInt64) {
        answers.withLock { answers in
            guard revision >= answers.revision else { return }
            if revision > answers.revision || answers.byID.count >= Self.answersMax { answers = (revision, [:]) }
            answers.byID[id] = answer
        }
    }
}
