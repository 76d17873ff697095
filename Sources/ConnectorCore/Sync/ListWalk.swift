/// Walks a list with `$top` and an own `$skip` until its end, which Defender does not announce reliably: a short page may
/// still have a `nextLink`, a `nextLink` may be missing or loop, and the server may cap pages below `$top`.
struct ListWalk {
    /// What to do after a page.
    enum Step: Equatable {
        case next(skip: Int)
        /// An empty page, or one with nothing new, which has to be said again: ask for the same.
        case again
        case end
    }

    /// Pages without anything new after which the list counts as endless.
    static let stagnantPagesMax = 3
    /// So often an empty page is asked for again where it claims that more follows.
    private static let emptyRepeatsMax = 2

    let top: Int
    /// Whether a short page without `nextLink` may be believed to be the last one when larger pages were seen before.
    /// Not where a missed record would be retired.
    let trustsShortPages: Bool
    /// Whether an empty page has to be said twice to be the end. Not where the whole list is asked for in every run.
    let doubtsEmptyPages: Bool
    /// The most rows that a page of this list has been seen to have.
    private(set) var pageRowsSeen: Int
    private var emptyRepeats = 0
    private var stagnantPages = 0

    init(top: Int, pageRowsSeen: Int, trustsShortPages: Bool, doubtsEmptyPages: Bool = true) {
        self.top = top
        self.pageRowsSeen = pageRowsSeen
        self.trustsShortPages = trustsShortPages
        self.doubtsEmptyPages = doubtsEmptyPages
    }

    /// - Parameters:
    ///   - rows: rows on the page, usable or not.
    ///   - new: how many of them were not on an earlier page.
    /// - Throws: a bad-data failure when the list repeats itself without end.
    mutating func after(skip: Int, rows: Int, new: Int, hasNextLink: Bool, list: String) throws -> Step {
        guard rows > 0 else {
            guard emptyRepeats < (hasNextLink ? Self.emptyRepeatsMax : doubtsEmptyPages ? 1 : 0) else { return .end }
            emptyRepeats += 1
            return .again
        }
        emptyRepeats = 0
        stagnantPages = new == 0 ? stagnantPages + 1 : 0
        guard stagnantPages < Self.stagnantPagesMax else {
            throw JobFailureError(
                .dataSource(.badData, "Defender repeats the same \(list) on page after page, up to row \(skip + rows)"))
        }
        defer { pageRowsSeen = max(pageRowsSeen, rows) }
        // Another page was given in the place of this one, whose rows would be missed.
        if stagnantPages == 1 { return .again }
        let isShort = rows < top && rows < pageRowsSeen
        if isShort, !hasNextLink, trustsShortPages { return .end }
        return .next(skip: skip + rows)
    }
}
