/// A small generator with a fixed algorithm, so that an estate of one seed is the same on every machine and toolchain.
///
/// - SeeAlso: Steele, Lea and Flood, "Fast splittable pseudorandom number generators" (2014).
struct SplitMix64: RandomNumberGenerator, Sendable {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    /// A generator for one thing of an estate; different paths give unrelated sequences.
    init(seed: UInt64, _ first: UInt64, _ second: UInt64 = 0, _ third: UInt64 = 0, _ fourth: UInt64 = 0) {
        state = Self.mix(seed &+ 0x9e37_79b9_7f4a_7c15)
        // Spelled out: this runs several times for each row, and a variadic path would allocate each time.
        state = Self.mix(state ^ (first &* 0xd6e8_feb8_6659_fd93))
        state = Self.mix(state ^ (second &* 0xd6e8_feb8_6659_fd93))
        state = Self.mix(state ^ (third &* 0xd6e8_feb8_6659_fd93))
        state = Self.mix(state ^ (fourth &* 0xd6e8_feb8_6659_fd93))
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        return Self.mix(state)
    }

    /// A number in `0..<bound`.
    mutating func below(_ bound: Int) -> Int {
        Int(next() % UInt64(max(1, bound)))
    }

    mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[below(elements.count)]
    }

    private static func mix(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
