import ConnectorCore
import Testing

@testable import Store

@Suite struct `Webhooks that are due` {
    let directory = TemporaryDirectory()

    @Test func `are known one by one, however many there are`() throws {
        let store = try SQLiteStore(path: directory.database)
        var random = SplitMix(seed: 1)
        let jobs = (0...1000).map { JobID(at: .at(Int64($0)), using: &random) }
        try store.write { db in
            for job in jobs {
                try db.execute(sql: "INSERT INTO webhook_due (job_id) VALUES (?)", arguments: [job.text])
            }
        }
        #expect(try store.dueWebhooks() == Array(jobs.prefix(1000)))
        #expect(try store.isWebhookDue(jobs[1000]))
        try store.removeWebhook(of: jobs[1000])
        #expect(try !store.isWebhookDue(jobs[1000]))
    }
}
