import Testing

@testable import ConnectorCore

@Suite struct `Deciding the kind of a run` {
    private static let savePoint = "1795468209483"
    private let from = Timestamp(milliseconds: 1_795_468_209_483)

    private func ledger(_ change: (inout LedgerState) -> Void = { _ in }) -> LedgerState {
        var ledger = LedgerState(
            savePoint: Self.savePoint, machinesKnown: 5, alertsThrough: from, vulnerabilitiesThrough: from)
        change(&ledger)
        return ledger
    }

    private func decide(
        _ kind: JobKind = .incremental, savePoint: String? = savePoint, databaseIsNew: Bool = false,
        ledger: LedgerState? = nil, options: RunOptions = RunOptions(), secondsLater: Int64 = 900
    ) -> RunDecision {
        RunDecision(
            requested: kind, savePoint: savePoint, databaseIsNew: databaseIsNew, ledger: ledger ?? self.ledger(),
            options: options, startedAt: from.adding(seconds: secondsLater))
    }

    @Test func `goes on from the save point that CAR and the ledger share, less the overlap`() {
        let decision = decide()
        #expect(decision.kind == .incremental && decision.fallbackReason == nil)
        #expect(decision.machinesSince == from.adding(seconds: -600))
        #expect(decision.alertsSince == from.adding(seconds: -600))
    }

    @Test func `goes on from a save point that was about to be written`() {
        let decision = decide(
            ledger: ledger {
                $0.savePoint = "1"
                $0.pendingSavePoint = Self.savePoint
            })
        #expect(decision.kind == .incremental)
    }

    @Test func `falls back with the reason`() {
        #expect(decide(savePoint: nil).fallbackReason == "no save point in CAR")
        #expect(decide(savePoint: "").fallbackReason == "no save point in CAR")
        #expect(decide(databaseIsNew: true).fallbackReason == "the CAR database was newly created")
        #expect(decide(ledger: LedgerState()).fallbackReason == "no ledger for this connection")
        #expect(decide(savePoint: "77").fallbackReason == "the ledger does not match the save point in CAR")
        #expect(decide(ledger: ledger { $0.invalidReason = "broken" }).fallbackReason == "broken")
        #expect(
            decide(savePoint: "x", ledger: ledger { $0.savePoint = "x" }).fallbackReason
                == "the save point in CAR is not a time")
        #expect(
            decide(secondsLater: -601).fallbackReason
                == "the save point in CAR is later than now: the clock was changed")
        // The window reaches back further than the clock was changed.
        #expect(decide(secondsLater: -600).kind == .incremental)
        #expect(decide(savePoint: nil).kind == .initial)
    }

    @Test func `has no reason where an initial import was asked for`() {
        let decision = decide(.initial, savePoint: nil)
        #expect(decision.kind == .initial && decision.fallbackReason == nil && decision.machinesSince == nil)
    }

    @Test func `reaches back to what earlier runs left out`() {
        let earlier = from.adding(seconds: -86_400)
        let decision = decide(
            ledger: ledger {
                $0.vulnerabilitiesThrough = earlier
                $0.alertsThrough = earlier
            })
        #expect(decision.machinesSince == earlier.adding(seconds: -600))
        #expect(decision.alertsSince == earlier.adding(seconds: -600))
        var without = RunOptions()
        without.vulnerabilities = false
        #expect(
            decide(ledger: ledger { $0.vulnerabilitiesThrough = nil }, options: without).machinesSince
                == from.adding(seconds: -600))
        #expect(decide(ledger: ledger { $0.vulnerabilitiesThrough = nil }).machinesSince == nil)
    }
}
