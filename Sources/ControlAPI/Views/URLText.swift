import Foundation

/// Percent-encoding of text that becomes part of an address of ours.
enum URLText {
    private static let unreserved = CharacterSet(
        charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")

    /// Everything but the unreserved characters of RFC 3986 is escaped: fit for a segment and for a query's value.
    static func encoded(_ text: String) -> String {
        // Fails only for halves of surrogate pairs, which a Swift string does not have.
        text.addingPercentEncoding(withAllowedCharacters: unreserved) ?? ""
    }
}
