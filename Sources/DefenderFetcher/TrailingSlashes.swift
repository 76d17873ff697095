extension String {
    /// Without slashes at the end.
    var withoutTrailingSlashes: String {
        var text = Substring(self)
        while text.hasSuffix("/") { text.removeLast() }
        return String(text)
    }
}
