/// A path with `{name}` segments, taken apart once so that matching is a comparison per segment.
struct RouteTemplate: Sendable {
    enum Segment: Sendable, Equatable {
        case literal(String)
        case parameter(String)
    }

    /// As written, e.g. `/v1/jobs/{id}/cancel`.
    let text: String
    let segments: [Segment]

    /// Traps when the template is malformed: templates are written in code.
    init(_ text: String) {
        precondition(text.hasPrefix("/"), "a route begins with /: \(text)")
        self.text = text
        segments = text.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map { part in
            guard part.hasPrefix("{"), part.hasSuffix("}") else {
                precondition(!part.contains("{") && !part.contains("}"), "a parameter is a whole segment: \(text)")
                return .literal(String(part))
            }
            precondition(part.count > 2, "a parameter needs a name: \(text)")
            return .parameter(String(part.dropFirst().dropLast()))
        }
        let names = segments.compactMap(\.parameterName)
        precondition(Set(names).count == names.count, "a parameter occurs twice: \(text)")
    }

    var hasParameters: Bool {
        segments.contains { $0.parameterName != nil }
    }

    /// Whether this template is to be tried before `other`: the first differing kind of segment decides, literal first.
    /// Templates of different lengths never match the same path.
    func isMoreSpecific(than other: RouteTemplate) -> Bool {
        guard segments.count == other.segments.count else { return false }
        for (own, others) in zip(segments, other.segments) where own.isLiteral != others.isLiteral {
            return own.isLiteral
        }
        return false
    }

    /// The parameters by name, or `nil` when the decoded path `segments` don't fit.
    func match(_ path: [String]) -> [String: String]? {
        guard path.count == segments.count else { return nil }
        var parameters: [String: String] = [:]
        for (segment, value) in zip(segments, path) {
            switch segment {
            case .literal(let text): if text != value { return nil }
            case .parameter(let name):
                if value.isEmpty { return nil }
                parameters[name] = value
            }
        }
        return parameters
    }

    /// The decoded segments of a raw path; split before decoding, so that `%2F` stays inside its segment.
    /// `nil` when an escape is malformed, the text is not UTF-8 or holds a control character.
    static func segments(ofPath path: String) -> [String]? {
        guard path.utf8.first == UInt8(ascii: "/") else { return nil }
        if let segments = plainSegments(ofPath: path) { return segments }
        let parts = path.utf8.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        var segments: [String] = []
        for part in parts {
            guard let text = PercentEncoding.decode(part), !text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7f })
            else {
                return nil
            }
            segments.append(text)
        }
        return segments
    }

    /// Those of a path that begins with `/`, where there is nothing to decode, which is nearly always.
    private static func plainSegments(ofPath path: String) -> [String]? {
        var path = path
        return path.withUTF8 { bytes in
            var segments: [String] = []
            var start = 1
            for (index, byte) in bytes.enumerated().dropFirst() {
                if byte == UInt8(ascii: "%") || byte < 0x20 || byte == 0x7f { return nil }
                guard byte == UInt8(ascii: "/") else { continue }
                segments.append(String(decoding: bytes[start..<index], as: UTF8.self))
                start = index + 1
            }
            segments.append(String(decoding: bytes[start...], as: UTF8.self))
            return segments
        }
    }
}

extension RouteTemplate.Segment {
    var isLiteral: Bool { parameterName == nil }

    var parameterName: String? {
        if case .parameter(let name) = self { name } else { nil }
    }
}
