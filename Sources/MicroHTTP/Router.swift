/// Answers a request on a server thread. May block for a short transaction only; longer work uses `.deferred`.
/// An error that is thrown becomes a 500 problem document.
public typealias HTTPHandler = @Sendable (HTTPRequest) throws -> HTTPResponse
