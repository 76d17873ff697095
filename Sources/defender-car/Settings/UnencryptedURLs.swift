import CARImporter
import Logging
import OutboundHTTP

/// URLs to which credentials go in plain text, over a network.
struct UnencryptedURLs {
    struct Entry: Sendable, Hashable {
        var setting: String
        /// As it may be shown.
        var url: String
    }

    /// Each once, however many connections use it.
    private(set) var entries: [Entry] = []

    init(of connections: [ConnectionSettings]) {
        for connection in connections {
            let defender = connection.defender
            add("DEFENDER_LOGIN_URL", defender.loginURL)
            add("DEFENDER_API_URL", defender.apiURL)
            if defender.huntingAPI == .graph { add("GRAPH_API_URL", defender.graphURL) }
            guard let car = connection.car else { continue }
            switch car.authorization {
            case .basic: add("CAR_SERVICE_URL", car.baseURL)
            case .token: add("CAR_SERVICE_URL_FOR_AUTHTOKEN", car.baseURL)
            }
        }
    }

    private mutating func add(_ setting: String, _ url: String) {
        guard url.lowercased().hasPrefix("http://") else { return }
        let safe = SafeURL(url)
        if ListenAddress(safe.hostAndPort)?.isLoopback == true { return }
        let entry = Entry(setting: setting, url: safe.description)
        if !entries.contains(entry) { entries.append(entry) }
    }

    func log(to logger: Logger) {
        for entry in entries {
            logger.warning(
                "credentials travel unencrypted: the URL begins with http:// and leads to another machine",
                metadata: ["setting": "\(entry.setting)", "url": "\(entry.url)"])
        }
    }
}
