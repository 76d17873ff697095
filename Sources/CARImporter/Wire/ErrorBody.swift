import Foundation

/// What CAR says of a refusal: `{"errors":[{"code":"data_mal_formed","message":"..."}]}`, or `{"message":"..."}`.
struct ErrorBody: Decodable {
    struct Entry: Decodable {
        var code: String?
        var message: String?
    }

    var errors: [Entry]?
    var message: String?

    /// One line for a person, `nil` where the body says nothing of the kind.
    static func text(of body: [UInt8]) -> String? {
        // Any other body is simply no explanation.
        guard body.count <= 1 << 20, let decoded = try? JSONDecoder().decode(ErrorBody.self, from: Data(body)) else {
            return nil
        }
        let entries = (decoded.errors ?? []).map { entry in
            [entry.code, entry.message].compactMap { $0 }.joined(separator: ": ")
        }
        let texts = entries.filter { !$0.isEmpty }
        let all = texts.isEmpty ? [decoded.message].compactMap { $0 } : texts
        return all.isEmpty ? nil : all.joined(separator: "; ")
    }
}
