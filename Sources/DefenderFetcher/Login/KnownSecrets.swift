import OutboundHTTP

extension DefenderSettings {
    /// What must not be shown even where Microsoft or a proxy repeats it.
    ///
    /// - Parameter authorization: of the call that was answered: scheme and token.
    func secretTexts(and authorization: Secret? = nil) -> [String] {
        let token = authorization?.reveal().split(separator: " ").last.map(String.init)
        return [clientSecret.reveal(), token].compactMap(\.self)
    }
}
