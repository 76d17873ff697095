import Glibc

/// Where finished log lines go.
public struct LogSink: Sendable {
    private let write: @Sendable ([UInt8]) -> Void

    public init(_ write: @escaping @Sendable ([UInt8]) -> Void) {
        self.write = write
    }

    /// Hands over one line, its newline included.
    func callAsFunction(_ line: [UInt8]) {
        write(line)
    }

    /// Standard error, one `write` a line, so that lines of several threads or processes don't mix. A line that can't be
    /// written is lost: a service must not stop because nobody reads its log.
    public static let standardError = LogSink { line in
        var rest = line[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}
