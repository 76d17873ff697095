import CMicroHTTPD
import Glibc

/// What the first callback of a request tells: its headers and how its body is framed.
struct RequestHead {
    private(set) var headers: HTTPHeaders = [:]
    private(set) var contentLength: String?
    private(set) var transferEncoding: String?
    private(set) var expectsContinue = false
    /// Why the head can't be trusted. Two servers that read one request differently let a client smuggle a second one past
    /// the first (RFC 9112 11.2), or reach another host than the first has allowed.
    private(set) var fault: String?
    private var hasHost = false

    init(_ connection: OpaquePointer) {
        withUnsafeMutablePointer(to: &self) { head in
            _ = MHD_get_connection_values_n(
                connection, .HEADER_KIND,
                { context, _, name, nameSize, value, valueSize in
                    guard let context, let name else { return .NO }
                    context.assumingMemoryBound(to: RequestHead.self).pointee.add(
                        UnsafeRawBufferPointer(start: name, count: nameSize),
                        UnsafeRawBufferPointer(start: value, count: value == nil ? 0 : valueSize))
                    return .YES
                }, head)
        }
        if transferEncoding != nil, contentLength != nil {
            fault = "Content-Length and Transfer-Encoding exclude each other."
        }
    }

    var hasBody: Bool {
        transferEncoding != nil || (contentLength ?? "0") != "0"
    }

    /// `nil` when there is none or it is not a number that fits.
    var bodyBytes: Int? {
        contentLength.flatMap { Int($0) }
    }

    private mutating func add(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
        let nameText = String(decoding: name, as: UTF8.self)
        let valueText = String(decoding: value, as: UTF8.self)
        headers.append(nameText, valueText)
        // The library takes white space before the colon for a part of the name (RFC 9112 5.1).
        if name.contains(where: { $0 == 0x20 || $0 == 0x09 }) { fault = "A header's name holds white space." }
        // Lengths first: this runs for every header of every request.
        switch name.count {
        case 4 where nameText.equalsIgnoringASCIICase("Host"):
            if hasHost { fault = "Host occurs twice." }
            hasHost = true
        case 6 where nameText.equalsIgnoringASCIICase("Expect"): expectsContinue = true
        case 14 where nameText.equalsIgnoringASCIICase("Content-Length"):
            if contentLength != nil { fault = "Content-Length occurs twice." }
            if value.isEmpty || !value.allSatisfy({ (0x30...0x39).contains($0) }) || Int(valueText) == nil {
                fault = "Content-Length is not a number."
            }
            contentLength = valueText
        case 17 where nameText.equalsIgnoringASCIICase("Transfer-Encoding"):
            if transferEncoding != nil || !valueText.equalsIgnoringASCIICase("chunked") {
                fault = "Transfer-Encoding must be chunked."
            }
            transferEncoding = valueText
        default: break
        }
    }
}
