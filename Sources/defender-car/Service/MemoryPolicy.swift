import CMalloc
import Foundation

/// How this process takes memory and gives it back.
enum MemoryPolicy {
    /// Before the first transfer.
    ///
    /// By default every thread gets an arena of its own, and the answers of a dozen transfers leave holes in each that
    /// stay: with two arenas the peak of an import of 20,000 machines is half as high, at the same speed. Only answers
    /// that are far above the usual are mapped, because every page of a new mapping is cleared first.
    static func apply() {
        _ = mallopt(M_ARENA_MAX, 2)
        _ = mallopt(M_MMAP_THRESHOLD, 4 * 1024 * 1024)
        _ = mallopt(M_TRIM_THRESHOLD, 1024 * 1024)
    }

    /// When there is nothing to do: after the start, and some time after a job.
    ///
    /// Gives back what is free, and the code that is not in use: starting runs through 30 MB of it once. What is needed
    /// again comes from the system's cache of the file, a few milliseconds in all.
    static func giveBack() {
        _ = malloc_trim(0)
        // Not with `String(contentsOfFile:)`, which takes the first page of such a file for all of it.
        let maps = try? FileHandle(forReadingAtPath: "/proc/self/maps")?.readToEnd()
        for code in codeRanges(maps: String(decoding: maps ?? Data(), as: UTF8.self)) {
            madvise(UnsafeMutableRawPointer(bitPattern: code.lowerBound), code.count, MADV_DONTNEED)
        }
    }

    /// The addresses of code in the format of `/proc/self/maps`: what is mapped from files and can't be written, and so
    /// is the same when it is read from them again.
    ///
    /// Constants are left out: those that were relocated look the same there and would be lost.
    static func codeRanges(maps: String) -> [Range<UInt>] {
        maps.split(separator: "\n").compactMap { line in
            let fields = line.split(separator: " ")
            guard fields.count > 5, fields[1] == "r-xp", fields[5].hasPrefix("/") else { return nil }
            let bounds = fields[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
            return bounds.count == 2 && bounds[0] < bounds[1] ? bounds[0]..<bounds[1] : nil
        }
    }
}
