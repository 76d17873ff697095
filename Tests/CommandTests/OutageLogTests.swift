import Logging
import OutboundHTTP
import Telemetry
import Testing
import Threading

@testable import defender_car

@Suite struct `The log of outages` {
    private let lines = Locked<[String]>([])
    private let time = Locked(ContinuousClock.now)

    private func outages() -> OutageLog {
        let sink = LogSink { [lines] line in lines.withLock { $0.append(String(decoding: line, as: UTF8.self)) } }
        let logger = Logger(label: "test") { ServiceLogHandler(label: $0, format: .json, sink: sink) }
        return OutageLog(of: "CAR", connection: "hq", logger: logger, now: { [time] in time.withLock { $0 } })
    }

    private func wait(_ seconds: Int) {
        time.withLock { $0 += .seconds(seconds) }
    }

    private func told(_ text: String) -> Int {
        lines.withLock { lines in lines.count { $0.contains(text) } }
    }

    @Test func `tells once of one that lasts, and of its end`() {
        let log = outages()
        log.answered("imports", status: 503, error: nil)
        wait(9)
        log.answered("imports", status: nil, error: .unreachable(""))
        #expect(lines.withLock { $0.isEmpty })
        wait(1)
        for _ in 0..<3 { log.answered("imports", status: 500, error: nil) }
        #expect(told(#""level":"warning""#) == 1)
        #expect(told(#""message":"CAR can't answer a call, which is made again for a while","answer":"500""#) == 1)
        #expect(told(#""call":"imports","connection":"hq","seconds":"10""#) == 1)
        // Neither other calls nor one that was given up say anything of it.
        log.answered("importstatus", status: 200, error: nil)
        log.answered("imports", status: nil, error: .cancelled)
        wait(50)
        for _ in 0..<3 { log.answered("imports", status: 202, error: nil) }
        #expect(told(#""message":"CAR answers the call again","call":"imports","connection":"hq","seconds":"60""#) == 1)
        #expect(lines.withLock { $0.count } == 2)
    }

    @Test func `tells of none that began long before`() {
        let log = outages()
        log.answered("imports", status: 503, error: nil)
        wait(3600)
        log.answered("imports", status: 503, error: nil)
        #expect(lines.withLock { $0.isEmpty })
        wait(10)
        log.answered("imports", status: 503, error: nil)
        #expect(told(#""seconds":"10""#) == 1)
    }

    @Test func `tells the end of one that it told of, however late`() {
        let log = outages()
        for _ in 0..<2 {
            log.answered("imports", status: 503, error: nil)
            wait(10)
        }
        wait(3600)
        log.answered("imports", status: 200, error: nil)
        #expect(told("CAR answers the call again") == 1)
    }

    @Test(
        arguments: [
            (200, nil), (404, nil), (403, nil), (429, nil), (nil, .tls("")), (nil, .cancelled),
        ] as [(Int?, OutboundError?)])
    func `tells nothing of what is none`(status: Int?, error: OutboundError?) {
        let log = outages()
        for _ in 0..<3 {
            log.answered("imports", status: status, error: error)
            wait(60)
        }
        // Nor of one that has just begun, however long the service answered before.
        log.answered("imports", status: 503, error: nil)
        #expect(lines.withLock { $0.isEmpty })
    }
}
