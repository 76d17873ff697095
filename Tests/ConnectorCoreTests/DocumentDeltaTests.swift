import Testing

@testable import ConnectorCore

/// A document of few ids, so that two of them overlap.
private func document(_ random: inout SystemRandomNumberGenerator) -> MachineDocument {
    func id() -> VertexID { VertexID(Int64.random(in: 1...6, using: &random)) }
    func some<Element>(_ make: () -> Element) -> [Element] {
        (0..<Int.random(in: 0...5, using: &random)).map { _ in make() }
    }
    func maybe<Element>(_ element: Element) -> Element? { Bool.random(using: &random) ? element : nil }
    return MachineDocument(
        assetFingerprint: 1, hostname: maybe(id()), operatingSystem: maybe(id()), macAddress: maybe(id()),
        addresses: some(id), adapterAddresses: some(id), accounts: some(id),
        findings: some { MachineDocument.Finding(software: maybe(id()), cve: maybe(id())) })
}

@Suite struct `The difference of two documents` {
    @Test func `is what one implies and the other does not, whatever they hold`() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            let (old, new) = (document(&random), document(&random))
            let delta = DocumentDelta(from: old, to: new)
            #expect(Set(delta.ownAdded) == Set(new.ownEdges).subtracting(old.ownEdges), "\(old) \(new)")
            #expect(Set(delta.ownRemoved) == Set(old.ownEdges).subtracting(new.ownEdges), "\(old) \(new)")
            #expect(Set(delta.sharedAdded) == Set(new.sharedEdges).subtracting(old.sharedEdges), "\(old) \(new)")
            #expect(Set(delta.sharedRemoved) == Set(old.sharedEdges).subtracting(new.sharedEdges), "\(old) \(new)")
        }
    }

    @Test func `lists each edge once, in order`() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<500 {
            let document = document(&random)
            #expect(document.ownEdges == Set(document.ownEdges).sorted(), "\(document)")
            #expect(document.sharedEdges == Set(document.sharedEdges).sorted(), "\(document)")
            let delta = DocumentDelta(from: nil, to: document)
            #expect(delta.ownAdded == document.ownEdges && delta.ownRemoved.isEmpty)
            #expect(DocumentDelta(from: document, to: nil).sharedRemoved == document.sharedEdges)
        }
    }
}
