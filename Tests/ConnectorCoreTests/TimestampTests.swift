import ConnectorCore
import Testing

@Suite struct `A timestamp` {
    @Test(
        arguments: [
            ("2026-11-20T04:12:09Z", 1_795_147_929_000), ("2026-11-20T04:12:09.5Z", 1_795_147_929_500),
            ("2026-11-20T04:12:09.5518999Z", 1_795_147_929_551), ("2026-11-20 04:12:09", 1_795_147_929_000),
            ("2026-11-20T06:12:09+02:00", 1_795_147_929_000), ("2026-11-20", 1_795_132_800_000),
            ("1970-01-01T00:00:00Z", 0),
        ] as [(String, Int64)])
    func `is read as the upstreams write it`(text: String, milliseconds: Int64) {
        #expect(Timestamp(iso8601: text)?.milliseconds == milliseconds)
    }

    @Test(arguments: [
        "", "soon", "2026-13-01", "2026-11-20T25:00:00Z", "2026-11-20T04:12:09.1234567890Z", "2026-11-20T",
    ])
    func `is not read from anything else`(text: String) {
        #expect(Timestamp(iso8601: text) == nil)
    }

    @Test func `is printed with milliseconds`() {
        #expect(Timestamp(milliseconds: 1_795_147_929_551).iso8601 == "2026-11-20T04:12:09.551Z")
    }
}
