/// A credential. Prints as `<redacted>` however it is printed: description, debugger, `dump`, mirrors.
public struct Secret: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable, Equatable {
    private let value: String

    public init(_ value: String) {
        self.value = value
    }

    /// The credential itself, for the one place that puts it on the wire.
    public func reveal() -> String {
        value
    }

    public var isEmpty: Bool { value.isEmpty }

    public var description: String { "<redacted>" }
    public var debugDescription: String { "<redacted>" }
    public var customMirror: Mirror { Mirror(self, children: [], displayStyle: .struct) }
}
