import Threading

/// A tenant's machines, users, adapters, software, CVEs and alerts, changeable while simulators answer from it.
///
/// Safe from any thread: readers take a copy (`snapshot()`), writers change it in one step (`mutate`).
public final class Estate: Sendable {
    public typealias Clock = @Sendable () -> EstateTime

    private struct Content {
        var state: EstateState
        var offsetNanoseconds: Int64 = 0
    }

    private let clock: Clock
    private let content: Locked<Content>

    /// - Parameter clock: what time it is for the tenant; `lastSeen` windows and 30-day limits follow it.
    public init(_ state: EstateState, clock: @escaping Clock = { EstateTime.wallClock() }) {
        self.clock = clock
        var state = state
        state.recordsHistory = true
        content = Locked(Content(state: state))
    }

    /// The current time of the tenant.
    public var now: EstateTime {
        let offset = content.withLock { $0.offsetNanoseconds }
        return EstateTime(nanoseconds: clock().nanoseconds + offset)
    }

    /// Everything as it is now.
    public func snapshot() -> EstateState {
        let time = clock().nanoseconds
        return content.withLock { content in
            var state = content.state
            state.now = EstateTime(nanoseconds: time + content.offsetNanoseconds)
            return state
        }
    }

    /// Changes the estate in one step; `now` of the state is the current time.
    @discardableResult
    public func mutate<Result: Sendable>(_ change: @Sendable (inout EstateState) throws -> Result) rethrows -> Result {
        let time = clock().nanoseconds
        return try content.withLock { content in
            content.state.now = EstateTime(nanoseconds: time + content.offsetNanoseconds)
            return try change(&content.state)
        }
    }

    /// Moves the tenant's clock; what machines reported stays as it was.
    public func advance(seconds: Double) {
        content.withLock { $0.offsetNanoseconds += Int64(seconds * 1e9) }
    }
}

extension Estate {
    /// An estate that is the same for the same arguments and time of the clock.
    ///
    /// - Parameters:
    ///   - machines: any number; with 30 and more, each awkward case of `AwkwardCases` is there.
    ///   - vulnerabilityRowsPerMachine: rows of DeviceTvmSoftwareVulnerabilities for an ordinary machine.
    ///   - alerts: besides the awkward ones.
    public static func generate(
        seed: UInt64 = 1, machines: Int = 200, vulnerabilityRowsPerMachine: Int = 25, alerts: Int = 60,
        clock: @escaping Clock = { EstateTime.wallClock() }
    ) -> Estate {
        var state = EstateState(
            seed: seed, now: clock(), expectedMachines: machines, rowsPerMachine: vulnerabilityRowsPerMachine)
        for index in 0..<machines {
            state.add(Derived.machine(index: index, seed: seed, generatedAt: state.generatedAt))
        }
        if machines >= AwkwardCases.machines { AwkwardCases.apply(to: &state) }
        for index in 0..<alerts where !state.machines.isEmpty {
            state.add(Derived.alert(index: index, in: state))
        }
        if machines >= AwkwardCases.machines, alerts > 0 { AwkwardCases.addAlerts(to: &state) }
        return Estate(state, clock: clock)
    }

    /// The estate of `defender-car demo` and `sandbox`: 200 machines, 25 vulnerability rows each, 60 alerts.
    public static func demo(seed: UInt64 = 1) -> Estate {
        generate(seed: seed)
    }
}
