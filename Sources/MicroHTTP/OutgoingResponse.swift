import CMicroHTTPD

/// The library's response object, given back when this value goes away (queued, the library keeps its own reference).
struct OutgoingResponse: ~Copyable {
    private let response: OpaquePointer
    /// Bytes of the body when it is known, else 0.
    let bodyBytes: Int

    /// Bodies up to this size are copied by the library; larger ones are fetched part by part instead of being held twice.
    private static let copiedBytesMax = 256 * 1024

    /// Whether an answer of this status never has a body.
    static func hasNoBody(_ status: Int) -> Bool {
        status == 204 || status == 304
    }

    /// `nil` when memory is short.
    init?(bytes: [UInt8]) {
        bodyBytes = bytes.count
        if bytes.count > Self.copiedBytesMax {
            let body = Unmanaged.passRetained(BodySource(bytes: bytes)).toOpaque()
            guard
                let created = MHD_create_response_from_callback(
                    UInt64(bytes.count), 64 * 1024, BodySource.fetch, body, BodySource.release)
            else {
                BodySource.release(body)
                return nil
            }
            response = created
            return
        }
        let created = bytes.withUnsafeBytes { bytes in
            // The library only reads from the pointer; its signature lacks the const.
            MHD_create_response_from_buffer(
                bytes.count, UnsafeMutableRawPointer(mutating: bytes.baseAddress), .RESPMEM_MUST_COPY)
        }
        guard let created else { return nil }
        response = created
    }

    /// For HEAD where GET brings a stream: of an empty body the library would say that GET brings 0 bytes. It ends the
    /// connection, because what the library calls chunked gets a last chunk even after HEAD. `nil` when memory is short.
    init?(headOfStream: Void) {
        bodyBytes = 0
        let nothing: MHD_ContentReaderCallback = { _, _, _, _ in cmhd_end_of_stream }
        guard let created = MHD_create_response_from_callback(cmhd_size_unknown, 1024, nothing, nil, nil) else {
            return nil
        }
        cmhd_close_afterwards(created)
        response = created
    }

    /// `nil` when memory is short.
    init?(stream: StreamAnswer, connection: OpaquePointer) {
        bodyBytes = 0
        let source = Unmanaged.passRetained(StreamSource(stream, connection)).toOpaque()
        guard
            let created = MHD_create_response_from_callback(
                cmhd_size_unknown, 16 * 1024, StreamSource.fetch, source, StreamSource.release)
        else {
            StreamSource.release(source)
            return nil
        }
        response = created
    }

    deinit {
        MHD_destroy_response(response)
    }

    /// Sets what the answer's headers say, and `X-Content-Type-Options`. The library sees to length and encoding itself,
    /// and can't send a header with an empty value.
    ///
    /// - Parameter isLast: whether the connection is to be closed afterwards.
    /// - Throws: `.invalidResponse` for a status or header that can't be sent.
    func setHeaders(_ answer: HTTPResponse, isLast: Bool) throws(HTTPServerError) {
        guard (200...599).contains(answer.status) else {
            throw HTTPServerError(.invalidResponse, "status \(answer.status) can't be sent")
        }
        for field in answer.headers.fields {
            switch field.name.utf8.count {
            case 14 where field.name.equalsIgnoringASCIICase("Content-Length"): continue
            case 17 where field.name.equalsIgnoringASCIICase("Transfer-Encoding"): continue
            case 22 where field.name.equalsIgnoringASCIICase("X-Content-Type-Options"): continue
            default: break
            }
            if field.value.isEmpty { continue }
            let isClean = !field.value.utf8.contains { $0 < 0x20 || $0 == 0x7f }
            guard isClean, MHD_add_response_header(response, field.name, field.value) == .YES else {
                throw HTTPServerError(.invalidResponse, "the header \(field.name.debugDescription) can't be sent")
            }
        }
        _ = MHD_add_response_header(response, "X-Content-Type-Options", "nosniff")
        if isLast { _ = MHD_add_response_header(response, "Connection", "close") }
    }

    /// - Returns: `false` when the library does not take an answer now.
    func queue(status: Int, on connection: OpaquePointer) -> Bool {
        MHD_queue_response(connection, UInt32(status), response) == .YES
    }
}

/// A large body that the library fetches part by part.
private final class BodySource {
    private let bytes: [UInt8]

    init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    static let fetch: MHD_ContentReaderCallback = { context, position, buffer, size in
        guard let context, let buffer else { return cmhd_end_with_error }
        let bytes = Unmanaged<BodySource>.fromOpaque(context).takeUnretainedValue().bytes
        guard position < bytes.count else { return cmhd_end_of_stream }
        let start = Int(position)
        let part = bytes[start..<min(start + size, bytes.count)]
        UnsafeMutableRawBufferPointer(start: buffer, count: size).copyBytes(from: part)
        return part.count
    }

    static let release: @convention(c) (UnsafeMutableRawPointer?) -> Void = { context in
        if let context { Unmanaged<BodySource>.fromOpaque(context).release() }
    }
}

/// Connects the library's reader, which is not told its connection, with a stream.
private final class StreamSource {
    private let stream: StreamAnswer
    private let connection: OpaquePointer

    init(_ stream: StreamAnswer, _ connection: OpaquePointer) {
        self.stream = stream
        self.connection = connection
    }

    static let fetch: MHD_ContentReaderCallback = { context, _, buffer, size in
        guard let context, let buffer else { return cmhd_end_with_error }
        let source = Unmanaged<StreamSource>.fromOpaque(context).takeUnretainedValue()
        return source.stream.fetch(
            source.connection, into: UnsafeMutableRawBufferPointer(start: buffer, count: size))
    }

    static let release: @convention(c) (UnsafeMutableRawPointer?) -> Void = { context in
        if let context { Unmanaged<StreamSource>.fromOpaque(context).release() }
    }
}
