import GRDB
import Testing

@testable import Store

@Suite struct `A transaction that may be lost with the power` {
    let directory = TemporaryDirectory()

    private struct Refused: Error {}

    private func level(_ db: Database) throws -> Int? { try Int.fetchOne(db, sql: "PRAGMA synchronous") }

    /// Statements are kept: what sets the level has to do so each time.
    @Test func `is the only one, however it ends`() throws {
        let store = try SQLiteStore(path: directory.database)
        for _ in 0..<3 {
            #expect(try store.writeUnsynced(level) == 1)
            #expect(try store.write(level) == 2)
            #expect(throws: Refused.self) { try store.writeUnsynced { _ in throw Refused() } }
            #expect(try store.write(level) == 2)
        }
    }

    @Test func `is an error where those after it could be lost too`() throws {
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        let queue = try DatabaseQueue(configuration: configuration)
        // SQLite changes the level between transactions alone. Where none begins, the write succeeds and the test fails.
        #expect(throws: DatabaseError.self) {
            try queue.writeUnsynced({ $0 }, committed: { db in try? db.execute(sql: "BEGIN") })
        }
    }
}
