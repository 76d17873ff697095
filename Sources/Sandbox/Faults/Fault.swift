/// One way in which an endpoint misbehaves, for how long and how often.
public struct Fault: Sendable, Equatable {
    public enum Kind: Sendable, Equatable {
        /// The answer comes this much later.
        case delay(milliseconds: Int)
        /// No answer comes.
        case hang
        /// The connection is closed without an answer; the request had no effect.
        case resetBefore
        /// The connection is closed without an answer; the request took effect.
        case resetAfter
        /// The request takes effect, and half of the answer's body is sent as if it were the whole.
        case truncate
        /// An error of this status in the service's own form; the request had no effect.
        case status(Int)
        /// 429 with or without Retry-After.
        case throttle(retryAfterSeconds: Int?)
        /// 429 whose Retry-After is an HTTP date.
        case throttleUntil(seconds: Int)
        /// Only Defender's calls: every token given so far is refused, this request's first.
        case expireTokens
        /// A proxy's HTML page.
        case html(status: Int)
        /// 200 with a body that is not JSON.
        case wrongJSON
        /// 200 with JSON of another shape (`{"unexpected":true}`).
        case wrongShape
        /// 200 without a body.
        case empty
        /// Only paged lists: the page before comes once more.
        case duplicatePage
        /// Only paged lists: 200 with an empty list, as if there were no more.
        case missingPage
        /// Only paged lists: a nextLink that leads to the page it is on.
        case nextLinkLoops
        /// Only paged lists: a nextLink to another host.
        case nextLinkElsewhere
        /// Only `hunting`: the answer ends after so many rows without a word.
        case cutRows(Int)
        /// Only `hunting`: refused with 400 because the result would be too large.
        case resultTooLarge
        /// Only `car.imports`: accepted, and reported in `error_imports` with this status code later.
        case importFails(statusCode: Int)
        /// Only `car.imports`: accepted, and never finished.
        case importHangs
        /// Only `car.importstatus`: 200 with an object that has neither list.
        case statusWithoutLists
        /// Only endpoints that start a CAR job: the job ends with status ERROR.
        case jobFails
        /// Only endpoints that start a CAR job: the job never ends.
        case jobHangs
        /// Only `car.edge.patch`: CAR has no such edge; nothing is changed.
        case unknownEdge
    }

    /// The names of `FaultPlan.endpoints`.
    public var endpoint: String
    public var kind: Kind
    /// Matching requests that pass before the fault starts.
    public var after: Int
    /// How many requests it hits; `nil` = every one.
    public var count: Int?
    /// The chance of each request to be hit, 0...1.
    public var probability: Double

    public init(_ endpoint: String, _ kind: Kind, after: Int = 0, count: Int? = 1, probability: Double = 1) {
        self.endpoint = endpoint
        self.kind = kind
        self.after = after
        self.count = count
        self.probability = probability
    }
}
