import Foundation
import MicroHTTP

/// A JSON value as read from a request; numbers are never needed, only told apart.
enum ReceivedJSON: Decodable, Sendable, Equatable {
    case null
    case bool(Bool)
    case number
    case string(String)
    case array
    case object([String: ReceivedJSON])

    init(from decoder: any Decoder) throws {
        if let members = try Self.matched({ try decoder.container(keyedBy: AnyKey.self) }) {
            var object: [String: ReceivedJSON] = [:]
            for key in members.allKeys { object[key.stringValue] = try members.decode(ReceivedJSON.self, forKey: key) }
            self = .object(object)
        } else if try Self.matched({ try decoder.unkeyedContainer() }) != nil {
            // What the elements are does not matter: no member of ours is a list.
            self = .array
        } else {
            let value = try decoder.singleValueContainer()
            // The last possibility is a number.
            if value.decodeNil() {
                self = .null
            } else if let flag = try Self.matched({ try value.decode(Bool.self) }) {
                self = .bool(flag)
            } else if let text = try Self.matched({ try value.decode(String.self) }) {
                self = .string(text)
            } else {
                self = .number
            }
        }
    }

    /// `nil` where the value is of another type. Text that can't be decoded, such as half of a UTF-16 pair, is no other
    /// type but an error.
    private static func matched<Value>(_ decode: () throws -> Value) throws -> Value? {
        do {
            return try decode()
        } catch DecodingError.typeMismatch, DecodingError.valueNotFound {
            return nil
        }
    }

    private struct AnyKey: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }
        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    /// The type's name for error messages.
    var typeName: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .number: "a number"
        case .string: "a string"
        case .array: "a list"
        case .object: "an object"
        }
    }
}

/// The members of a request's JSON body, checked one by one so that every bad one is named at once.
struct RequestBody {
    /// How many bad members an answer names.
    static let errorsMax = 20

    private var members: [String: ReceivedJSON] = [:]
    private var errors: [ProblemDocument.FieldError] = []

    /// An absent body is an empty object.
    ///
    /// - Throws: a `Refusal` when there is a body that is not a JSON object.
    init(_ request: HTTPRequest) throws {
        guard !request.body.isEmpty else { return }
        if let type = request.headers["Content-Type"] {
            let mediaType = type.prefix { $0 != ";" }.trimmingCharacters(in: .whitespaces).lowercased()
            guard mediaType == "application/json" || mediaType.hasSuffix("+json") else {
                throw Refusal.unsupportedMediaType
            }
        }
        let encodings = (request.headers.list("Content-Encoding") ?? "").split(separator: ",")
        guard encodings.allSatisfy({ $0.trimmingCharacters(in: .whitespaces).lowercased() == "identity" }) else {
            throw Refusal.unsupportedContentEncoding
        }
        guard String(validating: request.body, as: UTF8.self) != nil,
            let value = try? JSONDecoder().decode(ReceivedJSON.self, from: Data(request.body))
        else {
            throw Refusal.malformedBody("The request body is not valid JSON.")
        }
        guard case .object(let members) = value else {
            throw Refusal.malformedBody("The request body must be a JSON object, not \(value.typeName).")
        }
        self.members = members
        let counts = Dictionary(MemberNames.outermost(in: request.body).map { ($0, 1) }, uniquingKeysWith: +)
        for name in counts.filter({ $0.value > 1 }).keys.sorted() {
            reject(String(name.prefix(100)), "given more than once")
        }
    }

    /// Whether the member is there and was not taken yet.
    func has(_ name: String) -> Bool { members[name] != nil }

    mutating func bool(_ name: String) -> Bool? {
        switch members.removeValue(forKey: name) {
        case nil: return nil
        case .bool(let flag): return flag
        case let other?:
            reject(name, "must be true or false, not \(other.typeName)")
            return nil
        }
    }

    mutating func string(_ name: String) -> String? {
        switch members.removeValue(forKey: name) {
        case nil: return nil
        case .string(let text): return text
        case let other?:
            reject(name, "must be a string, not \(other.typeName)")
            return nil
        }
    }

    mutating func reject(_ name: String, _ reason: String) {
        errors.append(ProblemDocument.FieldError(field: name, reason: reason))
    }

    /// Call after the known members were taken: what is left is unknown.
    ///
    /// - Parameter known: the members there are, for the error message.
    mutating func finish(known: [String]) throws {
        let hint = known.isEmpty ? "this request has no members" : "known members: \(known.joined(separator: ", "))"
        for name in members.keys.sorted() { reject(String(name.prefix(100)), "unknown member; \(hint)") }
        if !errors.isEmpty { throw Refusal.invalidBody(Array(errors.prefix(Self.errorsMax))) }
    }
}
