import Foundation

/// The same numbers for the same seed (Knuth's linear congruential generator, upper bits mixed).
public struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    public init(seed: UInt64) {
        state = seed
    }

    public mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state ^ (state >> 29) &* 0x9E37_79B9_7F4A_7C15
    }
}

/// What this run of the tests begins its generators with: `TEST_SEED`, or another number each time. Expectations name it,
/// so that a failure can be had again.
public enum TestSeed {
    public static let value =
        ProcessInfo.processInfo.environment["TEST_SEED"].flatMap(UInt64.init) ?? .random(in: 1...999_999_999)
}
