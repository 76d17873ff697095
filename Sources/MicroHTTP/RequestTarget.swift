import Glibc

/// Reading of the request target, in origin form (`/path?query`), absolute form or `*`.
enum RequestTarget {
    /// What follows the first `?`, still encoded; `nil` where there is none.
    static func rawQuery(of uri: UnsafePointer<CChar>) -> [UInt8]? {
        guard let mark = strchr(uri, Int32(UInt8(ascii: "?"))) else { return nil }
        return Array(UnsafeRawBufferPointer(start: mark + 1, count: strlen(mark + 1)))
    }

    /// The raw path of a target without its query, or `nil` when it is not acceptable: bytes that can't stand in a URI, a
    /// malformed escape or `%00`, a form that is neither a path nor an http URL.
    static func path(of url: UnsafePointer<CChar>, method: String) -> String? {
        let bytes = UnsafeRawBufferPointer(start: url, count: strlen(url))
        guard !bytes.contains(where: { $0 <= 0x20 || $0 == 0x7f }),
            let text = String(validating: bytes, as: UTF8.self)
        else { return nil }
        if bytes.contains(UInt8(ascii: "%")), PercentEncoding.decode(bytes) == nil { return nil }
        if bytes.first == UInt8(ascii: "/") { return text }
        if text == "*" { return method == "OPTIONS" ? text : nil }
        return pathOfAbsoluteForm(text)
    }

    /// A server must accept the absolute form from any client (RFC 9112 3.2.2).
    private static func pathOfAbsoluteForm(_ text: String) -> String? {
        let scheme = ["http://", "https://"].first { text.prefix($0.count).lowercased() == $0 }
        guard let scheme else { return nil }
        let rest = text.dropFirst(scheme.count)
        guard let slash = rest.firstIndex(of: "/") else { return rest.isEmpty ? nil : "/" }
        return slash == rest.startIndex ? nil : String(rest[slash...])
    }
}
