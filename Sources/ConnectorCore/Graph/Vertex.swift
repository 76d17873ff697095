/// What names a vertex within the source: its `external_id`, or its `_key` in a keyed collection.
public struct VertexKey: Hashable, Sendable {
    public var collection: VertexCollection
    public var key: String

    public init(_ collection: VertexCollection, _ key: String) {
        self.collection = collection
        self.key = key
    }

    public static func == (a: VertexKey, b: VertexKey) -> Bool {
        a.collection == b.collection && a.key.hasSameBytes(as: b.key)
    }
}

/// A vertex with the fields that mapping gives it. Which of them a collection has is the mapper's business.
public struct Vertex: Sendable, Equatable {
    public var id: VertexKey
    /// CAR's `name` (of an asset, an alert); where `nil`, the key is the name.
    public var name: String?
    public var description: String?
    public var isOperatingSystem: Bool
    public var publishedOn: Timestamp?
    public var disclosedOn: Timestamp?
    /// 0 to 10.
    public var baseScore: Double?
    /// Whether fields are left out because they were not read, not because there are none.
    public var isPartial = false

    public init(
        _ collection: VertexCollection, _ key: String, name: String? = nil, description: String? = nil,
        isOperatingSystem: Bool = false, publishedOn: Timestamp? = nil, disclosedOn: Timestamp? = nil,
        baseScore: Double? = nil
    ) {
        id = VertexKey(collection, key)
        self.name = name
        self.description = description
        self.isOperatingSystem = isOperatingSystem
        self.publishedOn = publishedOn
        self.disclosedOn = disclosedOn
        self.baseScore = baseScore
    }

    /// A number that tells whether the fields are those confirmed earlier; the same in every process and version.
    public var fingerprint: Int64 {
        var hash = FNV1a()
        hash.add(name)
        hash.add(description)
        hash.add(isOperatingSystem ? 1 : 0)
        hash.add(publishedOn.map { UInt64(bitPattern: $0.milliseconds) })
        hash.add(disclosedOn.map { UInt64(bitPattern: $0.milliseconds) })
        hash.add(baseScore?.bitPattern)
        return Int64(bitPattern: hash.value)
    }
}

extension Vertex {
    /// The fingerprint of what every finding row tells of a CVE: while it stays, the description is not read again.
    public var briefFingerprint: Int64 {
        var hash = FNV1a()
        hash.add(publishedOn.map { UInt64(bitPattern: $0.milliseconds) })
        hash.add(baseScore?.bitPattern)
        return Int64(bitPattern: hash.value)
    }
}

/// An edge between two vertices, by their keys.
public struct Edge: Hashable, Sendable {
    public var kind: EdgeKind
    public var from: String
    public var to: String

    public init(_ kind: EdgeKind, from: String, to: String) {
        self.kind = kind
        self.from = from
        self.to = to
    }

    public static func == (a: Edge, b: Edge) -> Bool {
        a.kind == b.kind && a.from.hasSameBytes(as: b.from) && a.to.hasSameBytes(as: b.to)
    }
}

/// FNV-1a, 64 bits: stable over processes, which Swift's own hasher is not.
struct FNV1a {
    private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

    mutating func add(_ text: String?) {
        guard let text else { return add(byte: 0) }
        add(byte: 1)
        for byte in text.utf8 { add(byte: byte) }
        add(byte: 0xFF)
    }

    mutating func add(_ number: UInt64?) {
        guard let number else { return add(byte: 0) }
        add(byte: 2)
        for shift in stride(from: 0, to: 64, by: 8) { add(byte: UInt8(truncatingIfNeeded: number >> UInt64(shift))) }
    }

    private mutating func add(byte: UInt8) {
        value = (value ^ UInt64(byte)) &* 0x100_0000_01b3
    }
}
