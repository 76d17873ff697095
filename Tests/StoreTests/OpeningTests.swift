import ConnectorCore
import Foundation
import GRDB
import Testing

@testable import Store

@Suite struct `Opening a store` {
    let directory = TemporaryDirectory()

    @Test func `creates the directory and the files for their owner alone`() throws {
        let store = try SQLiteStore(path: directory.database)
        _ = try store.enqueue(.make(), now: .at(0))
        #expect(try mode(directory.path) == 0o700)
        for name in ["", "-wal", "-shm"] {
            #expect(try mode(directory.database + name) == 0o600, "\(name)")
        }
    }

    @Test func `commits to the disk, in WAL mode, with foreign keys`() throws {
        let store = try SQLiteStore(path: directory.database)
        // On the writer: each connection has settings of its own.
        let settings = try store.write { db in
            try ["synchronous", "journal_mode", "foreign_keys"].map {
                try String.fetchOne(db, sql: "PRAGMA \($0)")
            }
        }
        #expect(settings == ["2", "wal", "1"])
    }

    @Test func `refuses a second owner and names the first`() throws {
        let first = try SQLiteStore(path: directory.database)
        #expect(throws: StoreError.inUse(directory: directory.path, pid: ProcessInfo.processInfo.processIdentifier)) {
            _ = try SQLiteStore(path: directory.database)
        }
        try first.close()
        _ = try SQLiteStore(path: directory.database)
    }

    @Test func `waits for the first owner to let go when asked to`() async throws {
        let first = try SQLiteStore(path: directory.database)
        let path = directory.database
        let second = Task.detached { try SQLiteStore(path: path, lockWait: .seconds(30)) }
        try first.close()
        let store = try await second.value
        try store.checkWritable()
    }

    @Test func `refuses a database of a newer version and leaves it as it is`() throws {
        let store = try SQLiteStore(path: directory.database)
        _ = try store.enqueue(.make(), now: .at(0))
        try store.write { db in try db.execute(sql: "INSERT INTO grdb_migrations VALUES ('9001 later')") }
        try store.close()
        let error = #expect(throws: StoreError.self) { _ = try SQLiteStore(path: directory.database) }
        guard case .newerDatabase(found: 9001, let known) = error else {
            Issue.record("unexpected \(String(describing: error))")
            return
        }
        #expect(known >= 1)
        let raw = try DatabaseQueue(path: directory.database)
        #expect(try raw.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM jobs") } == 1)
    }

    @Test func `says of a damaged file how to go on`() throws {
        try FileManager.default.createDirectory(atPath: directory.path, withIntermediateDirectories: true)
        try Data(repeating: 0x41, count: 8192).write(to: URL(fileURLWithPath: directory.database))
        let error = #expect(throws: StoreError.self) { _ = try SQLiteStore(path: directory.database) }
        let text = error?.description ?? ""
        #expect(text.contains(directory.database) && text.contains("move it away"), "\(text)")
        try FileManager.default.removeItem(atPath: directory.database)
        _ = try SQLiteStore(path: directory.database)
    }

    @Test func `says of pages that were overwritten later that the file is damaged`() throws {
        let store = try SQLiteStore(path: directory.database)
        for number in 0..<200 { _ = try store.enqueue(.make(on: "connection \(number)"), now: .at(0)) }
        try store.close()
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: directory.database))
        let size = try file.seekToEnd()
        try file.seek(toOffset: 4096)
        try file.write(contentsOf: Data(repeating: 0xA5, count: Int(size) - 4096))
        try file.close()
        let error = #expect(throws: StoreError.self) {
            _ = try SQLiteStore(path: directory.database).jobs(JobQuery())
        }
        guard case .damaged = error else {
            Issue.record("unexpected \(String(describing: error))")
            return
        }
    }

    @Test func `names a directory that can't be written`() throws {
        try FileManager.default.createDirectory(atPath: directory.path, withIntermediateDirectories: true)
        let file = directory.path + "/file"
        try Data().write(to: URL(fileURLWithPath: file))
        let error = #expect(throws: StoreError.self) { _ = try SQLiteStore(stateDirectory: file + "/state") }
        guard case .unwritable(directory: file + "/state", let reason) = error else {
            Issue.record("unexpected \(String(describing: error))")
            return
        }
        #expect(!reason.isEmpty)
    }

    @Test func `answers with an error once it is closed`() throws {
        let store = try SQLiteStore(path: directory.database)
        try store.close()
        #expect(throws: StoreError.closed) { try store.checkWritable() }
        #expect(throws: StoreError.closed) { _ = try store.jobs(JobQuery()) }
    }

    @Test func `removes a temporary store with its files`() throws {
        var store: SQLiteStore? = try SQLiteStore.temporary()
        let path = try #require(store?.path)
        #expect(FileManager.default.fileExists(atPath: path))
        store = nil
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    private func mode(_ path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }
}
