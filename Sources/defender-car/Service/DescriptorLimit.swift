import Glibc

/// How many files and sockets this process may have open.
///
/// Systems start services with a soft limit of 1,024, for programs that use select(); this one uses epoll. Without a
/// higher one, a thousand idle clients would take the descriptors that an import needs.
enum DescriptorLimit {
    static let wanted: rlim_t = 16_384
    /// Kept for the store, Defender, CAR and what the runtime opens.
    static let reserved = 256

    /// Raises the limit as far as the system allows.
    ///
    /// - Returns: how many may be open from now on.
    static func raise() -> Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1024 }
        guard limit.rlim_cur < wanted, limit.rlim_cur < limit.rlim_max else { return count(limit.rlim_cur) }
        var raised = limit
        raised.rlim_cur = min(limit.rlim_max, wanted)
        guard setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &raised) == 0 else {
            return count(limit.rlim_cur)
        }
        return count(raised.rlim_cur)
    }

    /// How many connections leave the service what it needs itself.
    static func connectionsMax(descriptors: Int, wanted: Int) -> Int {
        max(16, min(wanted, descriptors - reserved))
    }

    private static func count(_ limit: rlim_t) -> Int {
        Int(min(limit, wanted))
    }
}
