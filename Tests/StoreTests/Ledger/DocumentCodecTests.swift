import Testing

@testable import Store

@Suite struct `A document of the ledger` {
    /// Bytes of a damaged database, found by fuzzing: read as they were, they could not be written again.
    @Test(arguments: [
        // The same software in two groups, with descending CVEs.
        [1, 0, 13, 0, 0, 0, 0, 0, 0, 0] as [UInt8] + [0, 1, 7, 0, 0, 0, 1, 0],
        [1, 0, 0, 0, 0, 0, 0, 0, 5, 1, 9, 0, 1, 3],
        // Software without a finding.
        [1, 0, 0, 0, 0, 0, 0, 0, 5, 0],
    ])
    func `is refused where it is not what is written`(bytes: [UInt8]) throws {
        #expect(throws: DocumentCodec.Malformed.self) { try bytes.withUnsafeBytes(DocumentCodec.decode) }
    }

    @Test func `is read as it was written`() throws {
        let bytes: [UInt8] = [1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 3, 5, 2, 0, 4]
        let document = try bytes.withUnsafeBytes(DocumentCodec.decode)
        #expect(document.findings.count == 3)
        #expect(DocumentCodec.encode(document) == bytes)
    }
}
