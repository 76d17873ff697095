/// The version of this build.
enum BuildInfo {
    static let version = "0.1.0"
    static let userAgent = "defender-car/\(version)"
}
