import Testing

@testable import ConnectorCore

@Suite struct `Walking a list` {
    private func walk(seen: Int = 0, trusts: Bool = false) -> ListWalk {
        ListWalk(top: 100, pageRowsSeen: seen, trustsShortPages: trusts)
    }

    @Test func `goes on behind a short page, which a server may have capped`() throws {
        var walk = walk()
        #expect(try walk.after(skip: 0, rows: 7, new: 7, hasNextLink: false, list: "machines") == .next(skip: 7))
        #expect(try walk.after(skip: 7, rows: 0, new: 0, hasNextLink: false, list: "machines") == .again)
        #expect(try walk.after(skip: 7, rows: 0, new: 0, hasNextLink: false, list: "machines") == .end)
    }

    @Test func `goes on where an empty page was a slip`() throws {
        var walk = walk()
        #expect(try walk.after(skip: 0, rows: 0, new: 0, hasNextLink: false, list: "machines") == .again)
        #expect(try walk.after(skip: 0, rows: 9, new: 9, hasNextLink: false, list: "machines") == .next(skip: 9))
    }

    @Test func `believes an empty page at once where every run asks for the whole list`() throws {
        var walk = ListWalk(top: 100, pageRowsSeen: 0, trustsShortPages: true, doubtsEmptyPages: false)
        #expect(try walk.after(skip: 0, rows: 0, new: 0, hasNextLink: false, list: "machines") == .end)
    }

    @Test func `believes a short page where larger ones were seen and nothing would be retired`() throws {
        var trusting = walk(seen: 50, trusts: true)
        #expect(try trusting.after(skip: 0, rows: 7, new: 7, hasNextLink: false, list: "machines") == .end)
        var linked = walk(seen: 50, trusts: true)
        #expect(try linked.after(skip: 0, rows: 7, new: 7, hasNextLink: true, list: "machines") == .next(skip: 7))
    }

    @Test func `asks again for an empty page that promises more, but not for ever`() throws {
        var walk = walk()
        for _ in 0..<2 {
            #expect(try walk.after(skip: 5, rows: 0, new: 0, hasNextLink: true, list: "machines") == .again)
        }
        #expect(try walk.after(skip: 5, rows: 0, new: 0, hasNextLink: true, list: "machines") == .end)
    }

    /// Else the rows of the page that did not come would count as gone.
    @Test func `asks again for a page in whose place an earlier one was given`() throws {
        var walk = walk()
        #expect(try walk.after(skip: 0, rows: 9, new: 9, hasNextLink: true, list: "machines") == .next(skip: 9))
        #expect(try walk.after(skip: 9, rows: 9, new: 0, hasNextLink: true, list: "machines") == .again)
        #expect(try walk.after(skip: 9, rows: 9, new: 9, hasNextLink: true, list: "machines") == .next(skip: 18))
    }

    @Test func `fails where a list repeats itself`() throws {
        var walk = walk()
        for page in 0..<2 { _ = try walk.after(skip: page, rows: 9, new: 0, hasNextLink: true, list: "machines") }
        #expect(throws: JobFailureError.self) {
            try walk.after(skip: 3, rows: 9, new: 0, hasNextLink: true, list: "machines")
        }
    }
}
