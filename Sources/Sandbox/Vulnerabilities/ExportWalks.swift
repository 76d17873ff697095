import Foundation
import Threading

/// The snapshots that pages are cut from: a walk sees the estate as it was at its first page. Continuations are opaque
/// and of a walk that is remembered; others are refused, as after a new snapshot.
final class ExportWalks: Sendable {
    private static let walksMax = 8

    private let walks = Locked((next: 1, states: [Int: EstateState]()))

    func begin(_ state: EstateState) -> Int {
        walks.withLock { walks in
            let walk = walks.next
            walks.next += 1
            walks.states[walk] = state
            walks.states[walk - Self.walksMax] = nil
            return walk
        }
    }

    func forgetAll() {
        walks.withLock { $0.states = [:] }
    }

    static func token(walk: Int, offset: Int) -> String {
        // As Microsoft's: base64, so with characters that a query must encode.
        Data("{\"ExportDefinition\":{\"TimePath\":\"2026/\(walk)/\"},\"ExportNextLine\":\(offset)}".utf8)
            .base64EncodedString()
    }

    /// - Returns: `nil` for a token that was never given, or is no longer taken.
    func resolve(_ token: String) -> (walk: Int, offset: Int, state: EstateState)? {
        guard let data = Data(base64Encoded: token),
            let value = try? JSONParser.parse(String(decoding: data, as: UTF8.self)),
            let path = value["ExportDefinition"]?["TimePath"]?.stringValue,
            let walk = path.split(separator: "/").last.flatMap({ Int($0) }),
            let offset = value["ExportNextLine"]?.numberValue.flatMap({ Int(exactly: $0) }), offset >= 0,
            let state = walks.withLock({ $0.states[walk] })
        else { return nil }
        return (walk, offset, state)
    }
}
