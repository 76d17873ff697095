/// Why a server does not start, or why an answer could not be sent as the handler gave it.
public struct HTTPServerError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Reason: Sendable, Equatable {
        case addressInUse
        case permissionDenied
        /// The host is not an address or name of this machine.
        case addressNotAvailable
        /// The certificate, key or client authorities are not usable PEM, or don't belong together.
        case badCertificate
        case alreadyStarted
        /// A setting is outside its range.
        case invalidConfiguration
        /// A status or header of an answer can't be sent.
        case invalidResponse
        case system
    }

    public var reason: Reason
    /// One sentence that names host and port, the setting or the header.
    public var description: String

    init(_ reason: Reason, _ description: String) {
        self.reason = reason
        self.description = description
    }
}
