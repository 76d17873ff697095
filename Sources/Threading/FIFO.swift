/// First in, first out; both ends in constant time on average.
public struct FIFO<Element: Sendable>: Sendable {
    private var storage: [Element?] = []
    private var head = 0

    public init() {}

    public var isEmpty: Bool { count == 0 }
    public var first: Element? { head < storage.count ? storage[head] : nil }

    public var count: Int { storage.count - head }
    public var elements: [Element] { storage[head...].compactMap { $0 } }

    public mutating func append(_ element: Element) {
        storage.append(element)
    }

    public mutating func popFirst() -> Element? {
        guard head < storage.count else { return nil }
        defer { compact() }
        let first = storage[head]
        storage[head] = nil
        head += 1
        return first
    }

    /// Removes the first element that matches; linear.
    public mutating func removeFirst(where matches: (Element) -> Bool) -> Element? {
        guard let index = storage[head...].firstIndex(where: { $0.map(matches) ?? false }) else { return nil }
        return storage.remove(at: index)
    }

    private mutating func compact() {
        guard head > 32, head * 2 > storage.count else { return }
        storage.removeFirst(head)
        head = 0
    }
}
