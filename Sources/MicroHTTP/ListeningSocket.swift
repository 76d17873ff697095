import Glibc

/// A TCP socket that listens, made here and not by the HTTP library so that errors are told exactly.
struct ListeningSocket {
    let descriptor: Int32
    /// The bound address, numeric.
    let address: BoundAddress

    /// - Parameter host: an address, bracketed or not, or a name, whose first usable address is taken.
    /// - Throws: `HTTPServerError` that names host and port.
    init(host: String, port: UInt16) throws(HTTPServerError) {
        let bare = host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
        let place = bare.contains(":") ? "[\(bare)]:\(port)" : "\(bare):\(port)"
        var hints = addrinfo()
        hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let resolution = getaddrinfo(bare, String(port), &hints, &list)
        guard resolution == 0 else {
            throw HTTPServerError(
                .addressNotAvailable, "can't listen on \(place): \(String(cString: gai_strerror(resolution)))")
        }
        defer { freeaddrinfo(list) }

        var failure = EADDRNOTAVAIL
        var candidate = list
        while let info = candidate?.pointee {
            switch Self.listen(info) {
            case .success(let socket):
                descriptor = socket
                address = Self.boundAddress(of: socket) ?? BoundAddress(host: bare, port: port)
                return
            case .failure(let error): failure = error.code
            }
            candidate = info.ai_next
        }
        let reason: HTTPServerError.Reason =
            switch failure {
            case EADDRINUSE: .addressInUse
            case EACCES, EPERM: .permissionDenied
            case EADDRNOTAVAIL, EAFNOSUPPORT: .addressNotAvailable
            default: .system
            }
        throw HTTPServerError(reason, "can't listen on \(place): \(String(cString: strerror(failure)))")
    }

    private struct SystemError: Error {
        var code: Int32
    }

    private static func listen(_ info: addrinfo) -> Result<Int32, SystemError> {
        let kind = info.ai_socktype | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let descriptor = socket(info.ai_family, kind, info.ai_protocol)
        guard descriptor >= 0 else { return .failure(SystemError(code: errno)) }
        set(descriptor, SOL_SOCKET, SO_REUSEADDR, 1)
        if info.ai_family == AF_INET6 { set(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, 0) }
        guard bind(descriptor, info.ai_addr, info.ai_addrlen) == 0, Glibc.listen(descriptor, 1024) == 0 else {
            let code = errno
            close(descriptor)
            return .failure(SystemError(code: code))
        }
        return .success(descriptor)
    }

    private static func set(_ descriptor: Int32, _ level: Int32, _ option: Int32, _ value: Int32) {
        var value = value
        setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
    }

    private static func boundAddress(of descriptor: Int32) -> BoundAddress? {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutablePointer(to: &storage) { storage in
            storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                guard getsockname(descriptor, address, &length) == 0 else { return nil }
                return SocketAddress.read(address).map { BoundAddress(host: $0.host, port: $0.port) }
            }
        }
    }
}

/// Where a server listens.
public struct BoundAddress: Sendable, Equatable {
    /// Numeric, without brackets.
    public var host: String
    public var port: UInt16
}
