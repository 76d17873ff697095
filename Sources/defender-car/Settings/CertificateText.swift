import Foundation

/// The text of a file of certificates.
enum CertificateText {
    private static let labels = ["CERTIFICATE", "TRUSTED CERTIFICATE", "X509 CERTIFICATE"]

    /// Whether it holds one in PEM form (RFC 7468). Whether the certificate itself is good is for the TLS library to say.
    static func holdsCertificate(_ text: String) -> Bool {
        labels.contains { label in
            guard let start = text.range(of: "-----BEGIN \(label)-----"),
                let end = text.range(of: "-----END \(label)-----", range: start.upperBound..<text.endIndex)
            else { return false }
            let content = text[start.upperBound..<end.lowerBound].filter { !$0.isWhitespace }
            return !content.isEmpty && Data(base64Encoded: String(content)) != nil
        }
    }
}
