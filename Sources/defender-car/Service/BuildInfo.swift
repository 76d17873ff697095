import MicroHTTP
import OutboundHTTP
import Store

/// The version of this build, and what it was built with.
enum BuildInfo {
    static let version = "0.1.0"
    static let userAgent = "defender-car/\(version)"

    static var configuration: String {
        #if DEBUG
            "debug"
        #else
            "release"
        #endif
    }

    static var swift: String {
        #if compiler(>=6.4)
            "6.4 or newer"
        #elseif compiler(>=6.3)
            "6.3"
        #else
            "6.2"
        #endif
    }

    /// The libraries are those that are loaded now, which a system updates without a new build.
    static var text: String {
        let libraries = [HTTPServer.libraryVersion, HTTPClient.libraryVersion, SQLiteStore.libraryVersion]
        return "defender-car \(version) (\(configuration) build, Swift \(swift))\n" + libraries.joined(separator: ", ")
    }
}
