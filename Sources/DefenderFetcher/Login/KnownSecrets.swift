import OutboundHTTP

extension DefenderSettings {
    /// What must not be shown even where Microsoft or a proxy repeats it, longer ones first.
    ///
    /// - Parameter authorization: of the call that was answered: scheme and token.
    func secretTexts(and authorization: Secret? = nil) -> [String] {
        let secret = clientSecret.reveal()
        let token = authorization?.reveal().split(separator: " ").last.map(String.init)
        // The form of the login has the secret percent-encoded.
        return [secret, secret.percentEncoded, token].compactMap(\.self).filter { !$0.isEmpty }
            .sorted { $0.utf8.count > $1.utf8.count }
    }
}
