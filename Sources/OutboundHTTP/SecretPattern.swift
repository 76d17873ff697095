/// What is looked for of a secret in one form of it.
struct SecretPattern: Sendable {
    private let scalars: [Unicode.Scalar]
    /// So many of its first scalars are enough to know it.
    private let enough: Int

    init(whole scalars: [Unicode.Scalar]) {
        self.scalars = scalars
        enough = scalars.count
    }

    /// Finds it also where it was cut, as at the end of what an error repeats of a body.
    init(beginningOf scalars: [Unicode.Scalar]) {
        self.scalars = scalars
        enough = min(8, scalars.count)
    }

    /// In the order of their beginnings; only those of an incomplete one overlap with others.
    func ranges(in text: [Unicode.Scalar]) -> [Range<Int>] {
        let lengths = beginnings(in: text)
        var ranges: [Range<Int>] = []
        var position = 0
        while position < lengths.count {
            let length = lengths[position]
            if length >= enough { ranges.append(position..<position + length) }
            position += length == scalars.count ? length : 1
        }
        return ranges
    }

    /// At every position of the text, how many scalars there are the pattern's first ones. The Z algorithm: as many steps
    /// as there are scalars, whatever repeats.
    private func beginnings(in text: [Unicode.Scalar]) -> [Int] {
        let all = scalars + text
        var lengths = [Int](repeating: 0, count: all.count)
        // The match that reaches farthest: what is in it has been compared already.
        var known = 0..<0
        for position in all.indices.dropFirst() {
            var length =
                position < known.upperBound
                ? min(known.upperBound - position, lengths[position - known.lowerBound]) : 0
            while position + length < all.count, all[length] == all[position + length] { length += 1 }
            if position + length > known.upperBound { known = position..<position + length }
            lengths[position] = length
        }
        return lengths.dropFirst(scalars.count).map { min($0, scalars.count) }
    }
}
