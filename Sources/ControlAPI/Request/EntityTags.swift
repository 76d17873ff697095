/// The value of `If-None-Match` (RFC 9110 13.1.2).
struct EntityTags {
    private let tags: [Substring]

    init(_ field: String) {
        tags = field.split(separator: ",").map { tag in
            let trimmed = tag.drop { $0 == " " || $0 == "\t" }
            return trimmed.prefix { $0 != " " && $0 != "\t" }
        }
    }

    /// Whether `tag` (with its quotes) is among them; weak and strong tags compare alike here.
    func contain(_ tag: String) -> Bool {
        tags.contains { $0 == "*" || $0 == tag || $0.hasPrefix("W/") && $0.dropFirst(2) == tag }
    }
}
