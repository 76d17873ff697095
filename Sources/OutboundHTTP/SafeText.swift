import Foundation

/// Text of others made fit for messages and log lines: one line, short, without control characters and known secrets.
public struct SafeText: Sendable {
    /// Looked for as they are, however short.
    private let literals: [SecretPattern]
    /// Looked for in every encoding of the text.
    private let folded: [SecretPattern]

    /// Shorter ones are found in ordinary words once case and spaces count for nothing.
    private static let foldedMin = 4

    public init(hiding secrets: [String]) {
        literals = secrets.map { VisibleText($0).scalars }.filter { !$0.isEmpty }.map(SecretPattern.init(whole:))
        let long = secrets.filter { FoldedText(VisibleText($0)).units.count >= SafeText.foldedMin }
        let forms = Set(long.flatMap(SafeText.forms)).filter { $0.count >= SafeText.foldedMin }
        folded = forms.map(SecretPattern.init(beginningOf:))
    }

    /// At most `limit` Unicode scalars, an ellipsis included.
    public func shortened(_ text: String, to limit: Int = 300) -> String {
        // What is hidden needs more room in the text than in the message. Work ends here, however long the text is.
        let visible = VisibleText(text, scalarsMax: max(4096, 64 * limit))
        let levels = FoldedText.levels(of: visible)
        let end = visible.isCut ? levels.last?.certainEnd ?? 0 : visible.scalars.count
        var shown = String.UnicodeScalarView()
        var position = 0
        for found in hidden(visible, levels) where found.lowerBound < end {
            shown.append(contentsOf: visible.scalars[position..<found.lowerBound])
            shown.append(contentsOf: "<redacted>".unicodeScalars)
            position = found.upperBound
        }
        if position < end { shown.append(contentsOf: visible.scalars[position..<end]) }
        guard visible.isCut || shown.count > limit else { return String(shown) }
        return String(shown.prefix(limit - 1)) + "…"
    }

    /// Of `visible`'s scalars, in order; what overlaps is one.
    private func hidden(_ visible: VisibleText, _ levels: [FoldedText]) -> [Range<Int>] {
        var found = literals.flatMap { $0.ranges(in: visible.scalars) }
        for level in levels {
            let scalars = level.units.map(\.scalar)
            found += folded.flatMap { $0.ranges(in: scalars) }.map(level.source)
        }
        var merged: [Range<Int>] = []
        for range in found.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = merged.last, range.lowerBound < last.upperBound {
                merged[merged.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
            } else {
                merged.append(range)
            }
        }
        return merged
    }

    /// A secret may hold what looks like an escape sequence, which decoding the text takes for one.
    private static func forms(of secret: String) -> [[Unicode.Scalar]] {
        let base64 = Data(secret.utf8).base64EncodedString()
        // As in forms, where a space is a plus sign.
        let form = String(secret.map { $0 == " " ? "+" : $0 })
        return [secret, base64, form].flatMap { FoldedText.levels(of: VisibleText($0)) }.map { $0.units.map(\.scalar) }
    }
}
