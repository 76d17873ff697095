import ConnectorCore
import Foundation
import OutboundHTTP

extension CARClient {
    public func modelStateID() async throws -> String? {
        let operation = "GET source"
        let request = calls.request(.get, "/source/\(URLEncoding.encode(settings.source))", label: "source")
        let response = try await calls.send(request, operation: operation)
        if response.status == 404 { return nil }
        try calls.requireSuccess(response, operation: operation)
        let id = try calls.decode(SourceRecord.self, from: response, operation: operation).modelStateID
        guard let id, !id.isEmpty else { return nil }
        // Ours are times. Another's is kept only to be told, and must not look like one.
        if id.utf8.count < 20, id.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) {
            return id
        }
        return "not a time: \(calls.safeText.shortened(id, to: Self.foreignSavePointMax))"
    }

    private static let foreignSavePointMax = 40

    /// An empty id clears the save point; that of a source which CAR does not have is clear already.
    public func saveModelStateID(_ id: String) async throws {
        var body = JSONBytes()
        body.raw("{\"model_state_id\":")
        body.string(id)
        body.raw("}")
        let operation = "PATCH source"
        let request = calls.request(
            .patch, "/source?key=\(URLEncoding.encode(settings.source))", label: "source", body: body.bytes)
        let response = try await calls.send(request, operation: operation)
        if id.isEmpty, response.status == 404 { return }
        try calls.requireSuccess(response, operation: operation)
    }
}
