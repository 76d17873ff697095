import ConnectorCore
import Foundation
import OutboundHTTP

/// What the importer needs to know of CAR and of the source that it writes; validated when it is made.
public struct CARSettings: Sendable {
    /// The import API without a slash at its end, `https://host/api/car/v2`.
    public let baseURL: String
    public let authorization: CARAuthorization
    /// `_key` of CAR's source: the connection's name.
    public let source: String
    /// Shown by CAR beside the source.
    public var sourceDescription = "Microsoft Defender for Endpoint"
    /// Where a person finds the product.
    public var productLink = "https://security.microsoft.com"
    public var reportType = "Microsoft Defender for Endpoint"
    public var reportDescription = "Machines, users, software, vulnerabilities and alerts"
    /// How long an import may stay unconfirmed before it counts as failed.
    public var importDeadlineSeconds = 1800.0
    /// How long a job of CAR (database setup, start or end of a full import) may run.
    public var jobDeadlineSeconds = 3600.0
    /// Objects of all collections together.
    public var objectsPerEnvelopeMax = 2000
    /// Passed only by an object that is larger alone.
    public var envelopeBytesMax = 4 << 20
    /// Imports that CAR has not confirmed yet, over all callers of one client.
    public var unconfirmedImportsMax = 20
    /// Of those, the ones of one caller: what waits for its turn is in memory already.
    public var unconfirmedImportsPerCallMax = 6
    /// Edge patches and deletions at a time, over all callers of one client.
    public var parallelPatchesMax = 8
    /// Of every call but the polls, which are asked again until their deadline. A minute of pauses, 46 to 91 s: as long as
    /// the connector framework waits for a CAR that limits or restarts; within a run a tenth of its age longer.
    public var retry = RetryPolicy(
        attemptsMax: 9, baseSeconds: 1, capSeconds: 20, deadlineSeconds: 300, patienceSeconds: RunPatience.seconds)
    /// No attempt of a call takes longer.
    public var attemptSecondsMax = 120.0
    public var importPolling = PollPauses(firstSeconds: 0.005, capSeconds: 10)
    public var jobPolling = PollPauses(firstSeconds: 0.01, capSeconds: 10)
    /// Between offers of an import to a CAR that has as many unfinished ones as it takes.
    public var crowdedPauses = PollPauses(firstSeconds: 10, capSeconds: 60)

    /// - Parameters:
    ///   - baseURL: `http` or `https`, without user, query and fragment; slashes at the end are dropped.
    ///   - source: letters, digits and `_ : @ = ; ! ' % - . ( ) + , $ *`, at most 254 bytes.
    /// - Throws: `CARSettingsError` with every field that is wrong.
    public init(baseURL: String, authorization: CARAuthorization, source: String) throws(CARSettingsError) {
        var trimmed = baseURL[...]
        while trimmed.hasSuffix("/") { trimmed = trimmed.dropLast() }
        let problems =
            CARSettings.problems(ofURL: String(trimmed)) + CARSettings.problems(ofSource: source)
            + CARSettings.problems(of: authorization)
        guard problems.isEmpty else { throw CARSettingsError(problems: problems) }
        self.baseURL = String(trimmed)
        self.authorization = authorization
        self.source = source
    }
}

/// Pauses between questions: the first one, then doubled up to the cap.
public struct PollPauses: Sendable, Equatable {
    public var firstSeconds: Double
    public var capSeconds: Double

    public init(firstSeconds: Double, capSeconds: Double) {
        self.firstSeconds = firstSeconds
        self.capSeconds = capSeconds
    }

    func after(_ pause: Double) -> Double { min(pause * 2, capSeconds) }
}
