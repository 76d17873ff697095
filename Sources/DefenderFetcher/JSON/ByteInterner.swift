import Glibc

/// Numbers distinct byte strings 0, 1, 2, ... in the order they first come, so that a text that repeats on many rows is
/// made into a `String` once.
struct ByteInterner {
    private var storage: [UInt8] = []
    /// The end of each text in `storage`; it starts at the end of the one before.
    private var ends: [Int] = []
    /// Open addressing; -1 is free. The size is a power of two, at most half full.
    private var table = [Int32](repeating: -1, count: 64)

    var count: Int { ends.count }

    /// The number of `bytes`, which it gets now if it has none.
    mutating func intern(_ bytes: UnsafeRawBufferPointer) -> (index: Int, isNew: Bool) {
        let place = place(of: bytes)
        if table[place] >= 0 { return (Int(table[place]), false) }
        let index = ends.count
        storage.append(contentsOf: bytes)
        ends.append(storage.count)
        table[place] = Int32(index)
        if ends.count * 2 > table.count { grow() }
        return (index, true)
    }

    /// The number of `bytes`, if it has one.
    func index(of bytes: UnsafeRawBufferPointer) -> Int? {
        let index = table[place(of: bytes)]
        return index < 0 ? nil : Int(index)
    }

    private func place(of bytes: UnsafeRawBufferPointer) -> Int {
        // The standard library's seeded hash: the texts come from outside and must not be able to collide on purpose.
        var hasher = Hasher()
        hasher.combine(bytes: bytes)
        let mask = table.count - 1
        var place = hasher.finalize() & mask
        while table[place] >= 0, !isEqual(Int(table[place]), bytes) { place = (place + 1) & mask }
        return place
    }

    private func isEqual(_ index: Int, _ bytes: UnsafeRawBufferPointer) -> Bool {
        let range = range(of: index)
        guard range.count == bytes.count, let other = bytes.baseAddress else { return range.isEmpty && bytes.isEmpty }
        return storage.withUnsafeBytes { storage in
            storage.baseAddress.map { memcmp($0 + range.lowerBound, other, range.count) == 0 } ?? range.isEmpty
        }
    }

    private func range(of index: Int) -> Range<Int> {
        (index == 0 ? 0 : ends[index - 1])..<ends[index]
    }

    private mutating func grow() {
        table = [Int32](repeating: -1, count: table.count * 2)
        for index in 0..<ends.count {
            let range = range(of: index)
            let place: Int = storage.withUnsafeBytes { self.place(of: UnsafeRawBufferPointer(rebasing: $0[range])) }
            table[place] = Int32(index)
        }
    }
}
