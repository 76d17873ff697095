import Foundation

/// The names of an object's members as they are written, several times where a name is: decoders keep one member of a
/// name and don't tell.
enum MemberNames {
    /// - Parameter json: an object, and known to be valid.
    static func outermost(in json: [UInt8]) -> [String] {
        var names: [String] = []
        var depth = 0
        var isNameNext = false
        var index = 0
        while index < json.count {
            switch json[index] {
            case UInt8(ascii: "\""):
                let end = endOfText(in: json, from: index)
                if isNameNext { names.append(text(json[index..<end])) }
                isNameNext = false
                index = end
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                isNameNext = depth == 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            case UInt8(ascii: ","): isNameNext = depth == 1
            default: break
            }
            index += 1
        }
        return names
    }

    /// The position after the text's closing quote.
    private static func endOfText(in json: [UInt8], from start: Int) -> Int {
        var index = start + 1
        while index < json.count, json[index] != UInt8(ascii: "\"") {
            index += json[index] == UInt8(ascii: "\\") ? 2 : 1
        }
        return min(index + 1, json.count)
    }

    private static func text(_ quoted: ArraySlice<UInt8>) -> String {
        // Text of valid JSON does not fail to decode.
        (try? JSONDecoder().decode(String.self, from: Data(quoted))) ?? String(decoding: quoted, as: UTF8.self)
    }
}
