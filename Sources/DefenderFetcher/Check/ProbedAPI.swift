/// One of the two interfaces that a check asks, as its findings name it.
struct ProbedAPI: Sendable {
    /// "Defender".
    let name: String
    let url: String
    let urlSetting: String
    let scope: String
    let scopeSetting: String
    /// Under which its login is reported.
    let loginName: String

    init(_ audience: HuntingAPI, _ settings: DefenderSettings) {
        switch audience {
        case .defender:
            name = "Defender"
            url = settings.apiURL.withoutTrailingSlashes
            urlSetting = "DEFENDER_API_URL"
            scope = settings.scope
            scopeSetting = "DEFENDER_SCOPE"
            loginName = DefenderCheck.loginName
        case .graph:
            name = "Microsoft Graph"
            url = settings.graphURL.withoutTrailingSlashes
            urlSetting = "GRAPH_API_URL"
            scope = settings.graphScope
            scopeSetting = "GRAPH_SCOPE"
            loginName = DefenderCheck.graphLoginName
        }
    }
}
