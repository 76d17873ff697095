import Foundation
import Threading

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The exclusive lock of a state directory: one process at a time owns the jobs in it.
///
/// The kernel drops the lock when the process ends, however it ends, so there is no stale lock to remove. The file holds
/// the owner's pid for the message of whoever comes second.
final class StateDirectoryLock: Sendable {
    private let descriptor: Locked<Int32?>

    /// - Parameter wait: how long to wait for another owner to let go; looked at ten times a second, because a lock
    ///   can't be waited for with a deadline.
    /// - Throws: `StoreError.inUse`, `.unwritable`.
    init(directory: String, wait: Duration = .zero) throws {
        let path = directory + "/lock"
        let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw StoreError.unwritable(directory: directory, reason: Self.reason(errno)) }
        let deadline = ContinuousClock.now + wait
        while flock(file, LOCK_EX | LOCK_NB) != 0 {
            let failure = errno
            if failure == EINTR { continue }
            guard failure == EWOULDBLOCK else {
                close(file)
                throw StoreError.unwritable(directory: directory, reason: Self.reason(failure))
            }
            guard ContinuousClock.now < deadline else {
                defer { close(file) }
                throw StoreError.inUse(directory: directory, pid: Self.owner(file))
            }
            usleep(100_000)
        }
        Self.writeOwner(file)
        descriptor = Locked(file)
    }

    deinit { release() }

    func release() {
        let file = descriptor.withLock { held -> Int32? in
            defer { held = nil }
            return held
        }
        if let file { close(file) }
    }

    private static func writeOwner(_ file: Int32) {
        let text = Array("\(getpid())\n".utf8)
        // Without the pid the lock still holds; only the other process's message says less.
        guard ftruncate(file, 0) == 0 else { return }
        _ = pwrite(file, text, text.count, 0)
    }

    private static func owner(_ file: Int32) -> Int32? {
        var bytes = [UInt8](repeating: 0, count: 16)
        let count = pread(file, &bytes, bytes.count, 0)
        guard count > 0 else { return nil }
        return Int32(String(decoding: bytes.prefix(count).prefix { $0 != 10 }, as: UTF8.self))
    }

    private static func reason(_ code: Int32) -> String {
        String(cString: strerror(code))
    }
}
