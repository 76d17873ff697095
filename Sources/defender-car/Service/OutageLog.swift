import Logging
import OutboundHTTP
import Threading

/// Tells of calls that a service can't answer: a run asks again in silence, the longer the older it is.
///
/// By call, because a service may answer one and not the other; once when that has lasted for a while, and once when it
/// is over.
final class OutageLog: Sendable {
    private struct Outage {
        var since: ContinuousClock.Instant
        var latest: ContinuousClock.Instant
        var isTold = false
    }

    private enum News {
        case begun, over
    }

    /// What the first attempts outlast is not worth a line.
    private static let tolerated = Duration.seconds(10)
    /// After so long without a call nobody knows whether it is the same outage.
    private static let silenceMax = Duration.seconds(1800)

    private let service: String
    private let connection: String
    private let logger: Logger
    private let now: @Sendable () -> ContinuousClock.Instant
    private let outages = Locked<[String: Outage]>([:])

    /// - Parameter service: its name, for a person.
    init(
        of service: String, connection: String, logger: Logger,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        self.service = service
        self.connection = connection
        self.logger = logger
        self.now = now
    }

    /// - Parameter status: `nil` where there was no answer.
    func answered(_ call: String, status: Int?, error: OutboundError?) {
        // Tells nothing of the service.
        if error == .cancelled { return }
        let isDown = status.map { $0 >= 500 } ?? error?.isOutage ?? false
        let moment = now()
        let (news, since) = outages.withLock { outages -> (News?, ContinuousClock.Instant) in
            let known = outages.removeValue(forKey: call)
            guard isDown else { return (known?.isTold == true ? .over : nil, known?.since ?? moment) }
            var outage = known ?? Outage(since: moment, latest: moment)
            if moment - outage.latest > Self.silenceMax { outage.since = moment }
            outage.latest = moment
            let isNews = !outage.isTold && moment - outage.since >= Self.tolerated
            if isNews { outage.isTold = true }
            outages[call] = outage
            return (isNews ? .begun : nil, outage.since)
        }
        guard let news else { return }
        var metadata: Logger.Metadata = [
            "connection": "\(connection)", "call": "\(call)", "seconds": "\((moment - since).components.seconds)",
        ]
        switch news {
        case .begun:
            metadata["answer"] = "\(status.map(String.init) ?? error?.kind ?? "none")"
            logger.warning("\(service) can't answer a call, which is made again for a while", metadata: metadata)
        case .over:
            logger.notice("\(service) answers the call again", metadata: metadata)
        }
    }
}
