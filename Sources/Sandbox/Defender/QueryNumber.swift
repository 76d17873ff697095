import MicroHTTP

extension HTTPRequest.QueryItem {
    /// The value of a number option. Digits alone: a sign or `1e+05` is refused, as Microsoft does.
    func number() throws(DefenderError) -> Int {
        guard !value.isEmpty, value.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(value) else {
            throw DefenderError(400, "ODataError", "Invalid value '\(value)' for \(name): not an integer.")
        }
        return number
    }
}
