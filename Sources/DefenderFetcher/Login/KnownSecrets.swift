import OutboundHTTP

extension DefenderSettings {
    /// Hides what must not be shown even where Microsoft or a proxy repeats it.
    ///
    /// - Parameter authorization: of the call that was answered: scheme and token.
    func safeText(and authorization: Secret? = nil) -> SafeText {
        let token = authorization?.reveal().split(separator: " ").last.map(String.init)
        return SafeText(
            hiding: [clientSecret.reveal(), token].compactMap(\.self) + ProxyCredentials.secretTexts())
    }
}
