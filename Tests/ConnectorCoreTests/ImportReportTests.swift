import Testing

@testable import ConnectorCore

@Suite struct `A report` {
    private func skipped(_ count: Int, reason: String = "invalid_id") -> [SkippedRecord] {
        (0..<count).map { SkippedRecord(kind: .machines, id: "\($0)", reason: reason) }
    }

    @Test func `is balanced while what was read is mapped or skipped, and what was sent is confirmed`() {
        var report = ImportReport()
        #expect(report.isBalanced)
        report.add(.machines, read: 3, mapped: 1)
        #expect(!report.isBalanced)
        report.addSkipped(skipped(2))
        #expect(report.isBalanced)
        report.count(sent: GraphObjects(vertices: [Vertex(.asset, "a")]), confirmed: 1)
        #expect(report.isBalanced)
        report.count(sent: GraphObjects(vertices: [Vertex(.asset, "b"), Vertex(.account, "c")]), confirmed: 1)
        #expect(!report.isBalanced)
        #expect(report.objects["account"]?.confirmed == 0 && report.objects["asset"]?.confirmed == 2)
    }

    @Test func `adds up from parts as from the whole`() {
        var (whole, first, second) = (ImportReport(), ImportReport(), ImportReport())
        for part in [skipped(2), skipped(3, reason: "duplicate")] { whole.addSkipped(part) }
        whole.add(.machines, read: 9, mapped: 4)
        first.addSkipped(skipped(2))
        first.add(.machines, read: 9, mapped: 4)
        second.addSkipped(skipped(3, reason: "duplicate"))
        first += second
        #expect(first == whole)
        #expect(whole.records["machines"]?.skipped == ["invalid_id": 2, "duplicate": 3])
    }

    @Test func `names the skipped without what a terminal or a page would obey`() {
        let id = "a\u{0}b\u{1B}[2Jc\r\n\u{202E}d\u{2066}e\u{2028}f\u{2029}g \u{E9}\u{301}"
        let record = SkippedRecord(kind: .machines, id: id, reason: "invalid_id")
        #expect(record.id == "a b [2Jc   d e f g \u{E9}\u{301}")
    }

    @Test func `names a bounded number of the skipped and counts all`() {
        var report = ImportReport()
        report.addSkipped(skipped(700))
        var more = ImportReport()
        more.addSkipped(skipped(700))
        report += more
        #expect(report.skipped.count == ImportReport.skippedNamedMax)
        #expect(report.records["machines"]?.skipped["invalid_id"] == 1400)
    }

    @Test func `tells the created from the updated`() {
        var report = ImportReport()
        report.count(sent: GraphObjects(vertices: [Vertex(.asset, "a"), Vertex(.asset, "b")]), confirmed: 2)
        var created = ObjectCounts()
        created[.asset] = 1
        report.count(created: created)
        #expect(report.objects["asset"]?.created == 1 && report.objects["asset"]?.updated == 1)
    }
}
