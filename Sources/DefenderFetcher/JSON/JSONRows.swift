import CSimdJSON
import Glibc

/// Why an answer can't be read.
enum JSONFailure: Error, Equatable {
    /// Not JSON, or cut off.
    case malformed
    /// JSON, but the list of rows is not there.
    case noArray
    /// More is to come, but the answer does not tell from where.
    case noContinuation
    case outOfMemory
}

/// Walks over the rows of one JSON array without making strings.
///
/// What a column gives is valid until the next row is read.
struct JSONRows: ~Copyable {
    enum Row {
        case object
        case notAnObject
    }

    private let reader: OpaquePointer
    private let slots: UnsafeMutableBufferPointer<csimdjson_slot>

    /// - Parameters:
    ///   - array: the member of the root object that holds the rows, in any case; `nil` where the root is the array.
    ///   - flag: a member of the root object to look out for.
    ///   - columns: the fields wanted; their order gives the numbers of the columns.
    init(_ body: [UInt8], array: String?, flag: String? = nil, columns: [String]) throws(JSONFailure) {
        let names = ([array, flag] + columns).map { $0.flatMap { strdup($0) } }
        defer { names.forEach { free($0) } }
        let columnNames = names.dropFirst(2).map { UnsafePointer($0) }
        let opened = body.withUnsafeBufferPointer { bytes in
            csimdjson_open(bytes.baseAddress, bytes.count, names[0], names[1], columnNames, columns.count)
        }
        guard let opened else { throw .outOfMemory }
        reader = opened
        slots = .allocate(capacity: columns.count)
        slots.initialize(repeating: csimdjson_slot())
    }

    deinit {
        slots.deallocate()
        csimdjson_close(reader)
    }

    /// Reads the next row; `nil` at the end of a complete document.
    mutating func next() throws(JSONFailure) -> Row? {
        switch csimdjson_next(reader, slots.baseAddress) {
        case CSIMDJSON_ROW: return .object
        case CSIMDJSON_NOT_AN_OBJECT: return .notAnObject
        case CSIMDJSON_END: return nil
        case CSIMDJSON_NO_ARRAY: throw .noArray
        case CSIMDJSON_OUT_OF_MEMORY: throw .outOfMemory
        default: throw .malformed
        }
    }

    /// Whether the flag member holds text. Known when `next` has returned `nil`.
    var hasFlag: Bool { csimdjson_has_flag(reader) != 0 }

    /// The flag member's text; `nil` where it has none, or more than 64 KB. Known when `next` has returned `nil`.
    var flagText: String? {
        var length = 0
        guard let text = csimdjson_flag_text(reader, &length), length > 0 else { return nil }
        return String(decoding: UnsafeRawBufferPointer(start: text, count: length), as: UTF8.self)
    }

    /// The text of a string, or of a number as written; `nil` for an empty string and for everything else.
    mutating func bytes(_ column: Int) throws(JSONFailure) -> UnsafeRawBufferPointer? {
        switch slots[column].kind {
        case CSIMDJSON_STRING, CSIMDJSON_NUMBER: break
        case CSIMDJSON_ESCAPED_STRING:
            guard csimdjson_unescape(reader, slots.baseAddress?.advanced(by: column)) != 0 else { throw .malformed }
        default: return nil
        }
        let slot = slots[column]
        return slot.length == 0 ? nil : UnsafeRawBufferPointer(start: slot.text, count: slot.length)
    }

    /// The JSON of an array; `nil` for everything else.
    func array(_ column: Int) -> UnsafeRawBufferPointer? {
        let slot = slots[column]
        guard slot.kind == CSIMDJSON_CONTAINER, slot.length > 0, slot.text.pointee == 0x5B else { return nil }
        return UnsafeRawBufferPointer(start: slot.text, count: slot.length)
    }

    /// `bytes` as a `String`.
    mutating func string(_ column: Int) throws(JSONFailure) -> String? {
        try bytes(column).map { String(decoding: $0, as: UTF8.self) }
    }

    /// A finite number, also one that is written as a string.
    mutating func number(_ column: Int) throws(JSONFailure) -> Double? {
        let slot = slots[column]
        if slot.kind == CSIMDJSON_NUMBER { return slot.number.isFinite ? slot.number : nil }
        guard let value = try string(column).flatMap(Double.init), value.isFinite else { return nil }
        return value
    }
}
