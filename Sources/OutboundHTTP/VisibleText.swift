/// What a text shows on one line: runs of spaces and control characters become one space, none at the ends; what shows
/// nothing is left out.
struct VisibleText {
    private(set) var scalars: [Unicode.Scalar] = []
    /// Whether there was more than was asked for.
    private(set) var isCut = false

    init(_ text: String, scalarsMax: Int = .max) {
        for scalar in text.unicodeScalars {
            switch scalar.visibility {
            case .none: continue
            case .space:
                if let last = scalars.last, last != " " { scalars.append(" ") }
            case .shown: scalars.append(scalar)
            }
            if scalars.count > scalarsMax {
                isCut = true
                scalars.removeLast()
                break
            }
        }
        if scalars.last == " " { scalars.removeLast() }
    }
}

extension Unicode.Scalar {
    enum Visibility {
        case none, space, shown
    }

    var visibility: Visibility {
        switch properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator, .spaceSeparator: .space
        case .format, .surrogate, .privateUse, .unassigned: .none
        // Variation selectors, fillers and the like.
        default: properties.isDefaultIgnorableCodePoint ? .none : .shown
        }
    }
}
