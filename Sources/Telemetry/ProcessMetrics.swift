import Glibc

/// The process metrics that every Prometheus client exposes, read from `/proc` when asked for.
public struct ProcessMetrics: Sendable {
    private let read: @Sendable (String) -> String?
    private let countEntries: @Sendable (String) -> Int?
    private let ticksPerSecond: Double
    private let pageBytes: Double

    public init() {
        self.init(
            read: ProcFile.text, countEntries: ProcFile.entryCount, ticksPerSecond: Double(sysconf(Int32(_SC_CLK_TCK))),
            pageBytes: Double(sysconf(Int32(_SC_PAGESIZE))))
    }

    init(
        read: @escaping @Sendable (String) -> String?, countEntries: @escaping @Sendable (String) -> Int?,
        ticksPerSecond: Double, pageBytes: Double
    ) {
        self.read = read
        self.countEntries = countEntries
        self.ticksPerSecond = ticksPerSecond
        self.pageBytes = pageBytes
    }

    /// By name; what the system does not tell is left out.
    public func families() -> [MetricFamily] {
        let stat = statFields()
        let started = stat.field(19).flatMap { ticks in bootTime().map { $0 + ticks / ticksPerSecond } }
        let processor = stat.field(11).flatMap { user in
            stat.field(12).map { system in (user + system) / ticksPerSecond }
        }
        // One of the entries is the descriptor that counts them.
        let descriptors = countEntries("/proc/self/fd").map { Double(max(0, $0 - 1)) }
        return [
            family(
                "process_cpu_seconds_total", "Total user and system CPU time spent in seconds.", .counter, processor),
            family("process_max_fds", "Maximum number of open file descriptors.", .gauge, descriptorsMax()),
            family("process_open_fds", "Number of open file descriptors.", .gauge, descriptors),
            family(
                "process_resident_memory_bytes", "Resident memory size in bytes.", .gauge,
                stat.field(21).map { $0 * pageBytes }),
            family(
                "process_start_time_seconds", "Start time of the process since unix epoch in seconds.", .gauge, started),
            family("process_threads", "Number of threads of the process.", .gauge, stat.field(17)),
            family(
                "process_virtual_memory_bytes", "Virtual memory size in bytes.", .gauge, stat.field(20)),
        ].compactMap { $0 }
    }

    private func family(_ name: String, _ help: String, _ kind: MetricFamily.Kind, _ value: Double?) -> MetricFamily? {
        value.map { MetricFamily(name: name, help: help, kind: kind, samples: [.init(.number($0))]) }
    }

    /// The fields of `/proc/self/stat` after the program's name, which may itself hold spaces and brackets.
    private func statFields() -> [Double?] {
        guard let text = read("/proc/self/stat"), let end = text.lastIndex(of: ")") else { return [] }
        return text[text.index(after: end)...].split(whereSeparator: \.isWhitespace).map { Double($0) }
    }

    private func bootTime() -> Double? {
        let line = read("/proc/stat")?.split(separator: "\n").first { $0.hasPrefix("btime ") }
        return line.flatMap { Double($0.dropFirst(6)) }
    }

    private func descriptorsMax() -> Double? {
        let line = read("/proc/self/limits")?.split(separator: "\n").first { $0.hasPrefix("Max open files") }
        let soft = line?.dropFirst("Max open files".count).split(separator: " ").first
        return soft.flatMap { $0 == "unlimited" ? .infinity : Double($0) }
    }
}

extension [Double?] {
    fileprivate func field(_ position: Int) -> Double? {
        position < count ? self[position] : nil
    }
}

/// Reads files of `/proc`, which have no size until they are read.
private enum ProcFile {
    static let bytesMax = 1 << 20

    static func text(_ path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16 * 1024)
        while bytes.count < bytesMax {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { return nil }
            if count == 0 { break }
            bytes.append(contentsOf: chunk.prefix(count))
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    static func entryCount(_ path: String) -> Int? {
        guard let folder = opendir(path) else { return nil }
        defer { closedir(folder) }
        var count = 0
        while readdir(folder) != nil { count += 1 }
        return count - 2
    }
}
