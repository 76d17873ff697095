/// The `@odata.nextLink` of a page.
struct NextLink {
    var mode: SandboxOptions.NextLinks
    var host: String
    var path: String

    /// - Returns: the link, or `nil` where the page ends the list or the mode leaves it out.
    func text(after query: ListQuery, pageCount: Int, hasMore: Bool) -> String? {
        guard hasMore else { return nil }
        var host = host
        var skip = query.skip + pageCount
        switch mode {
        case .missing: return nil
        case .documented: if query.top != nil { return nil }
        case .always: break
        case .looping: skip = query.skip
        case .foreignHost: host = "elsewhere.example"
        }
        var options = ["$skip=\(skip)"]
        if let filter = query.filterText { options.append("$filter=\(Self.encoded(filter))") }
        if let top = query.top { options.append("$top=\(top)") }
        return "http://\(host)\(path)?\(options.joined(separator: "&"))"
    }

    static func encoded(_ text: String) -> String {
        var encoded = ""
        for byte in text.utf8 {
            let isPlain = (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
            if isPlain || "-._~:'()".utf8.contains(byte) {
                encoded.append(Character(Unicode.Scalar(byte)))
            } else {
                encoded += (byte < 16 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)
            }
        }
        return encoded
    }
}
