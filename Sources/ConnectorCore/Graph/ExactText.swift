/// A text that is another one where any byte differs.
///
/// Swift takes two texts for equal that only read the same, such as "é" written as one scalar or as two. Defender, CAR and
/// the ledger keep them apart, so whatever stands for a vertex is compared by its bytes: else one of two accounts, chosen
/// to look alike, would be lost without a word.
public struct ExactText: Hashable, Sendable {
    public var text: String

    public init(_ text: String) {
        self.text = text
    }

    public static func == (a: ExactText, b: ExactText) -> Bool {
        a.text.hasSameBytes(as: b.text)
    }
}

extension String {
    func hasSameBytes(as other: String) -> Bool {
        let byStorage = utf8.withContiguousStorageIfAvailable { bytes in
            other.utf8.withContiguousStorageIfAvailable { bytes.count == $0.count && bytes.elementsEqual($0) }
        }
        return (byStorage ?? nil) ?? utf8.elementsEqual(other.utf8)
    }
}

extension String? {
    func hasSameBytes(as other: String?) -> Bool {
        guard let self, let other else { return self == nil && other == nil }
        return self.hasSameBytes(as: other)
    }
}
