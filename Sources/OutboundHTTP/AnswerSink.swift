import CCurl

/// Collects what curl hands over for one transfer, within bounds. Used on its loop's thread only.
final class AnswerSink {
    /// More header bytes than any honest server sends.
    private static let headBytesMax = 256 << 10

    private(set) var head = HeaderBlock()
    private(set) var body: [UInt8] = []
    private(set) var bodyTooLarge = false
    private(set) var headTooLarge = false
    private var bodyBytesMax = 0

    func reset(bodyBytesMax: Int) {
        head = HeaderBlock()
        body = []
        bodyTooLarge = false
        headTooLarge = false
        self.bodyBytesMax = bodyBytesMax
    }

    /// Anything but `bytes.count` makes curl abort the transfer.
    func receive(headerLine bytes: UnsafeRawBufferPointer) -> Int {
        head.append(line: bytes)
        headTooLarge = head.byteCount > AnswerSink.headBytesMax
        return headTooLarge ? 0 : bytes.count
    }

    /// Anything but `bytes.count` makes curl abort the transfer.
    func receive(body bytes: UnsafeRawBufferPointer) -> Int {
        if bytes.count > bodyBytesMax - body.count {
            bodyTooLarge = true
            return bytes.count + 1
        }
        if body.isEmpty {
            // One allocation where the server says how much comes; its word is trusted up to the bound.
            let announced = head.value(of: "content-length").flatMap { Int($0) } ?? 0
            body.reserveCapacity(min(max(announced, bytes.count), bodyBytesMax))
        }
        body.append(contentsOf: bytes)
        return bytes.count
    }
}

/// The C functions curl calls; `context` is the `AnswerSink`, unretained.
let receiveHeaderLine: curl_write_callback = { bytes, size, count, context in
    guard let bytes, let context else { return 0 }
    let sink = Unmanaged<AnswerSink>.fromOpaque(context).takeUnretainedValue()
    return sink.receive(headerLine: UnsafeRawBufferPointer(start: bytes, count: size * count))
}

let receiveBody: curl_write_callback = { bytes, size, count, context in
    guard let bytes, let context else { return 0 }
    let sink = Unmanaged<AnswerSink>.fromOpaque(context).takeUnretainedValue()
    return sink.receive(body: UnsafeRawBufferPointer(start: bytes, count: size * count))
}
