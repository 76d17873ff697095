import Foundation
import OutboundHTTP

/// What an answer says of an error, reduced to what may be shown.
///
/// Defender: `{"error":{"code","message","target"}}`; Entra: `{"error","error_description","error_codes",
/// "correlation_id"}`. Everything else, such as a proxy's page, is not looked at.
struct ErrorBody {
    /// More than any honest error needs; parsing is refused above it.
    private static let bytesMax = 256 << 10

    enum Origin {
        case defender, entra
    }

    let origin: Origin
    let code: String
    /// Complete, for classification only; never shown.
    let message: String
    /// To be told to Microsoft.
    let correlationID: String?
    /// Entra's AADSTS numbers.
    let numbers: [Int]

    init?(_ body: [UInt8]) {
        guard body.count <= ErrorBody.bytesMax,
            let root = try? JSONSerialization.jsonObject(with: Data(body)) as? [String: Any]
        else { return nil }
        if let error = root["error"] as? [String: Any] {
            guard let code = error["code"] as? String else { return nil }
            let inner = error["innerError"] as? [String: Any]
            origin = .defender
            self.code = code
            message = error["message"] as? String ?? ""
            correlationID = error["target"] as? String ?? inner?["request-id"] as? String
            numbers = []
        } else if let error = root["error"] as? String {
            origin = .entra
            code = error
            message = root["error_description"] as? String ?? ""
            correlationID = root["correlation_id"] as? String
            numbers = (root["error_codes"] as? [Any])?.compactMap { $0 as? Int } ?? ErrorBody.number(in: message)
        } else {
            return nil
        }
    }

    /// For people: code, shortened message, correlation id.
    ///
    /// - Parameter safeText: hides the secrets that Microsoft may repeat.
    func detail(_ safeText: SafeText) -> String {
        var parts = [safeText.shortened(code, to: 60)]
        let message = safeText.shortened(message)
        if !message.isEmpty { parts.append(message) }
        if let correlationID, !correlationID.isEmpty {
            parts.append("correlation id \(safeText.shortened(correlationID, to: 100))")
        }
        return parts.joined(separator: ": ")
    }

    /// `AADSTS7000215: ...` where the list of numbers is missing.
    private static func number(in message: String) -> [Int] {
        guard message.hasPrefix("AADSTS") else { return [] }
        return Int(message.dropFirst(6).prefix { $0.isASCII && $0.isNumber }).map { [$0] } ?? []
    }
}

extension ErrorBody {
    /// Defender answers 401 also where a licence is missing.
    var isAboutLicence: Bool {
        let text = message.lowercased()
        return text.contains("tvm license") || text.contains("account mode is inactive") || text.contains("no license")
    }

    /// A hunting query whose answer is over Defender's size.
    var isAboutResultSize: Bool {
        let text = "\(code) \(message)".lowercased()
        return text.contains("too large") || text.contains("too_large") || text.contains("result size")
            || text.contains("maximum size") || text.contains("size limit") || text.contains("too many rows")
    }
}
