/// The value of `Accept` (RFC 9110 12.5.1).
struct AcceptedTypes {
    private struct Range {
        var type: String
        var quality: Double
    }

    private let ranges: [Range]

    /// - Parameter field: `nil` or empty: everything is accepted.
    init(_ field: String?) {
        let parts = (field ?? "").split(separator: ",").prefix(50)
        ranges = parts.map { part in
            let pieces = part.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" }.lowercased() }
            let quality = pieces.dropFirst().first { $0.hasPrefix("q=") }.map { Double($0.dropFirst(2)) ?? 0 } ?? 1
            return Range(type: pieces.first ?? "", quality: min(1, max(0, quality)))
        }
    }

    /// The best of `offers`, of equal ones the first; `nil` where none is accepted.
    func best(of offers: [String]) -> String? {
        if ranges.isEmpty { return offers.first }
        var best: (offer: String, quality: Double)?
        for offer in offers {
            let quality = quality(of: offer)
            if quality > best?.quality ?? 0 { best = (offer, quality) }
        }
        return best?.offer
    }

    private func quality(of offer: String) -> Double {
        let family = offer.prefix { $0 != "/" } + "/*"
        for wanted in [offer, String(family), "*/*"] {
            let matching = ranges.filter { $0.type == wanted }
            if let quality = matching.map(\.quality).max() { return quality }
        }
        return 0
    }
}
