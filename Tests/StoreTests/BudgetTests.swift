import Store
import Testing

@Suite struct `Budgets in the store` {
    @Test func `keep the calls of the last hour and the latest closing of each budget`() throws {
        let store = try SQLiteStore.temporary()
        try store.record([.call(budget: "a", at: 1000), .call(budget: "a", at: 1002), .call(budget: "b", at: 1001)])
        try store.record([.closed(budget: "a", until: 1090), .closed(budget: "a", until: 1060)])
        let budgets = try store.budgets()
        #expect(budgets["a"]?.calls == [1000, 1002])
        #expect(budgets["a"]?.closedUntil == 1090)
        #expect(budgets["b"]?.calls == [1001])
        #expect(budgets["b"]?.closedUntil == nil)
        try store.record([.call(budget: "a", at: 4701)])
        #expect(try store.budgets()["a"]?.calls == [1002, 4701])
    }
}
