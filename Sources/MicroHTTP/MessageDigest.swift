import CMicroHTTPD

/// SHA-256 by GnuTLS, which is there for TLS.
public enum MessageDigest {
    /// FIPS 180-4; 32 bytes.
    public static func sha256(_ message: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 32)
        let status = gnutls_hash_fast(GNUTLS_DIG_SHA256, message, message.count, &digest)
        precondition(status == 0, "GnuTLS has SHA-256")
        return digest
    }

    /// RFC 2104 with SHA-256; 32 bytes.
    public static func hmacSHA256(key: [UInt8], message: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 32)
        let status = gnutls_hmac_fast(GNUTLS_MAC_SHA256, key, key.count, message, message.count, &digest)
        precondition(status == 0, "GnuTLS has HMAC-SHA-256")
        return digest
    }
}
