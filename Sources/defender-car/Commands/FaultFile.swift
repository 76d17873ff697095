import Foundation
import Sandbox
import Yams

/// The faults of `defender-car sandbox --faults FILE`: YAML of the form that `PUT /_sandbox/faults` takes as JSON.
enum FaultFile {
    private static let bytesMax = 1 << 20

    struct Problem: Error, CustomStringConvertible {
        var description: String
    }

    /// - Throws: `Problem`, which names the file and what is wrong in it.
    static func read(_ path: String) throws(Problem) -> [Fault] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Problem(description: "\(path): can't be read")
        }
        guard data.count <= bytesMax else { throw Problem(description: "\(path): larger than \(bytesMax) bytes") }
        let document: Any?
        do {
            document = try Yams.load(yaml: String(decoding: data, as: UTF8.self))
        } catch {
            throw Problem(description: "\(path): is not YAML: \(error)")
        }
        guard let json = value(document) else {
            throw Problem(description: "\(path): holds something else than text, numbers, lists and maps")
        }
        do {
            return try FaultPlan.faults(from: json)
        } catch {
            throw Problem(description: "\(path): \(error.detail)")
        }
    }

    private static func value(_ yaml: Any?) -> JSONValue? {
        switch yaml {
        case nil, is NSNull: return .null
        case let flag as Bool: return .bool(flag)
        case let number as Int: return .number(Double(number))
        case let number as Double: return .number(number)
        case let text as String: return .string(text)
        case let list as [Any]:
            let elements = list.map(value)
            return elements.contains { $0 == nil } ? nil : .array(elements.compactMap(\.self))
        case let map as [AnyHashable: Any]:
            var members: [JSONValue.Member] = []
            for (key, element) in map {
                guard let name = key as? String, let element = value(element) else { return nil }
                members.append(JSONValue.Member(name, element))
            }
            return .object(members.sorted { $0.name < $1.name })
        default: return nil
        }
    }
}
