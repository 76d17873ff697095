import ConnectorCore
import Foundation

@testable import JobQueue
@testable import OutboundHTTP
@testable import Store

extension FuzzTarget {
    /// What headers, settings and the ledger hold.
    static let core = [
        FuzzTarget(name: "times") { bytes in
            let text = String(decoding: bytes, as: UTF8.self)
            if let time = Timestamp(iso8601: text) {
                require(Timestamp(iso8601: time.iso8601) == time, "what is written can be read: \(time.iso8601)")
            }
            if let seconds = RetryAfter.seconds(text, wallNow: 1_800_000_000) {
                require(seconds >= 0, "never before now")
            }
            var block = HeaderBlock()
            for line in bytes.split(separator: 0x0A) { line.withUnsafeBytes { block.append(line: $0) } }
            let answer = OutboundResponse(status: 302, head: block, body: [], seconds: 0)
            _ = (answer.serverSeconds, answer.retryAfterSeconds(wallNow: 1_800_000_000))
            require(answer.redirectHost.map { isOneLine($0) && $0.utf8.count <= 253 } != false, "a host name or none")
        },
        FuzzTarget(name: "cron") { bytes in
            guard let cron = try? CronExpression(String(decoding: bytes, as: UTF8.self)) else { return }
            var moment = Timestamp(milliseconds: 1_800_000_000_000)
            for _ in 0..<3 {
                guard let next = cron.next(after: moment) else { return }
                require(next > moment && next.milliseconds % 60_000 == 0, "a later minute")
                moment = next
            }
        },
        FuzzTarget(name: "ledger") { bytes in
            if let adapters = StoredAdapters.adapters(String(decoding: bytes, as: UTF8.self)) {
                require(StoredAdapters.adapters(StoredAdapters.text(adapters)) == adapters, "adapters can be read")
            }
            guard let document = try? bytes.withUnsafeBytes(DocumentCodec.decode) else { return }
            let again = try? DocumentCodec.encode(document).withUnsafeBytes(DocumentCodec.decode)
            require(again == document, "what is written can be read")
        },
        FuzzTarget(name: "outbound-urls") { bytes in
            let url = SafeURL(String(decoding: bytes, as: UTF8.self)).description
            // By bytes: a character may be a slash and what combines with it.
            let afterScheme = Array(url.utf8).drop { $0 != UInt8(ascii: ":") }
            guard afterScheme.starts(with: "://".utf8) else { return }
            let host = afterScheme.dropFirst(3).prefix { $0 != UInt8(ascii: "/") }
            require(!host.contains(UInt8(ascii: "@")), "no user in \(url)")
            require(!afterScheme.contains(UInt8(ascii: "?")), "no query in \(url)")
            require(!afterScheme.contains(UInt8(ascii: "#")), "no fragment in \(url)")
        },
    ]
}
