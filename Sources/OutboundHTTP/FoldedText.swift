/// A text without what encodings change of it, and where in the visible text each of its scalars comes from: no white
/// space, no marks on letters, no `=` of base64's padding, no case, and one alphabet of base64 for both.
struct FoldedText {
    struct Unit {
        var scalar: Unicode.Scalar
        /// In the visible text.
        var source: Range<Int>
    }

    private(set) var units: [Unit] = []

    /// Sequences within sequences: JSON in a form in a log line.
    private static let decodingsMax = 3
    /// More than the sequences, one at each level, that the end of a cut text may have left undecodable, and the beginning
    /// of a secret that is enough to know it.
    private static let uncertainUnits = 64

    init(_ visible: VisibleText) {
        units.reserveCapacity(visible.scalars.count)
        for (position, scalar) in visible.scalars.enumerated() { append(scalar, position..<position + 1) }
    }

    /// As it is, decoded, decoded twice and so on. All of them count: what looks like an escape sequence may be none, and
    /// decoding it then spoils what was to be found.
    static func levels(of visible: VisibleText) -> [FoldedText] {
        var levels = [FoldedText(visible)]
        while levels.count <= decodingsMax, let next = levels.last?.decoded { levels.append(next) }
        return levels
    }

    func source(of range: Range<Int>) -> Range<Int> {
        units[range.lowerBound].source.lowerBound..<units[range.upperBound - 1].source.upperBound
    }

    /// Up to where of the visible text, if that was cut, every secret that begins there has been found.
    var certainEnd: Int {
        units.count < FoldedText.uncertainUnits ? 0 : units[units.count - FoldedText.uncertainUnits].source.lowerBound
    }

    /// With every escape sequence replaced by what it stands for; `nil` without any.
    private var decoded: FoldedText? {
        let sequences = EscapeSequences(scalars: units.map(\.scalar))
        var result = self
        result.units.removeAll(keepingCapacity: true)
        var position = 0
        while position < units.count {
            let (scalar, length) = sequences.decoded(at: position) ?? (units[position].scalar, 1)
            result.append(scalar, source(of: position..<position + length))
            position += length
        }
        // Every sequence is longer than what it stands for.
        return result.units.count < units.count ? result : nil
    }

    private mutating func append(_ scalar: Unicode.Scalar, _ source: Range<Int>) {
        switch scalar {
        case "=": return
        case "-": units.append(Unit(scalar: "+", source: source))
        case "_": units.append(Unit(scalar: "/", source: source))
        case "!"..."@", "["..."~": units.append(Unit(scalar: scalar, source: source))
        case _ where scalar.visibility != .shown: return
        default:
            switch scalar.properties.generalCategory {
            case .nonspacingMark, .enclosingMark: return
            default: break
            }
            for lower in scalar.properties.lowercaseMapping.unicodeScalars {
                units.append(Unit(scalar: lower, source: source))
            }
        }
    }
}
