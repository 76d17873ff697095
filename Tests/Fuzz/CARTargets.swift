import ConnectorCore
import Foundation
import OutboundHTTP

@testable import CARImporter

extension FuzzTarget {
    /// The answers of CAR, and texts on their way to it.
    static let car = [
        FuzzTarget(name: "car-answers") { bytes in
            let (decoder, data) = (JSONDecoder(), Data(bytes))
            _ = try? decoder.decode(ImportStatus.self, from: data)
            _ = try? decoder.decode(ImportReceipt.self, from: data)
            _ = try? decoder.decode(JobReceipt.self, from: data)
            _ = try? decoder.decode(JobStatus.self, from: data)
            _ = try? decoder.decode(SourceRecord.self, from: data)
            _ = try? decoder.decode(DatabaseList.self, from: data)
            if let text = ErrorBody.text(of: bytes) {
                let shown = SafeText(hiding: ["secret"]).shortened(text)
                require(isOneLine(shown), "one line without control characters")
                require(shown.unicodeScalars.count <= 300, "at most 300 characters")
                require(!showsSecret(shown), "no secret is shown")
            }
        },
        FuzzTarget(name: "car-urls") { bytes in
            let text = String(decoding: bytes, as: UTF8.self)
            let encoded = URLEncoding.encode(text)
            require(
                encoded.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"/?#&=\"\\".utf8.contains($0) }, "one URL part")
            require(encoded.removingPercentEncoding == text, "the text can be read back")
        },
    ]
}
