import Testing

@testable import DefenderFetcher

/// Reads everything there is to read, and says how many objects there were.
private func readAll(
    _ text: [UInt8], array: String? = "value", columns: [String] = ["a", "b"]
) throws(JSONFailure) -> Int {
    var rows = try JSONRows(text, array: array, flag: "next", columns: columns)
    var count = 0
    while let row = try rows.next() {
        guard row == .object else { continue }
        count += 1
        for column in columns.indices {
            _ = try rows.string(column)
            _ = try rows.number(column)
        }
    }
    return count
}

@Suite struct `JSON rows` {
    @Test func `gives texts, numbers and nothing else`() throws {
        let text = """
            {"x":[1,{"a":2}],"value":[{"a":"one\\n\\u00e9\\ud83d\\ude00","b":7.5},{"b":"8","a":12},
            {"a":null,"b":true},{"a":"","b":{"a":"inner"}},{},7,"text",[1],null],"next":"link","y":{}}
            """
        var rows = try JSONRows(Array(text.utf8), array: "value", flag: "next", columns: ["a", "b"])
        #expect(try rows.next() == .object)
        #expect(try rows.string(0) == "one\né😀")
        #expect(try rows.number(1) == 7.5)
        #expect(try rows.string(1) == "7.5")
        #expect(try rows.next() == .object)
        #expect(try rows.string(0) == "12")
        #expect(try rows.number(1) == 8)
        for _ in 0..<3 {
            #expect(try rows.next() == .object)
            #expect(try rows.string(0) == nil)
            #expect(try rows.number(1) == nil)
            #expect(try rows.string(1) == nil)
        }
        for _ in 0..<4 { #expect(try rows.next() == .notAnObject) }
        #expect(try rows.next() == nil)
        let hasFlag = rows.hasFlag
        #expect(hasFlag)
        #expect(try rows.next() == nil)
    }

    /// As of a server that cuts a text between two UTF-16 units.
    @Test(arguments: [
        (#"\ud800"#, "\u{FFFD}"), (#"a\ud83d"#, "a\u{FFFD}"), (#"\ud800\u0041\n"#, "\u{FFFD}A\n"),
        (#"\udc00\ud800b"#, "\u{FFFD}\u{FFFD}b"), (#"\ud83d\ude00\ud83d"#, "😀\u{FFFD}"),
        (#"\\ud800\uD83D"#, #"\ud800"# + "\u{FFFD}"),
    ])
    func `take half a surrogate pair for an unknown character`(escaped: String, expected: String) throws {
        var rows = try JSONRows(
            Array("{\"value\":[{\"a\":\"\(escaped)\",\"b\":1}]}".utf8), array: "value", columns: ["a", "b"])
        #expect(try rows.next() == .object)
        #expect(try rows.string(0) == expected)
        #expect(try rows.number(1) == 1)
        #expect(try rows.next() == nil)
    }

    @Test(arguments: [
        (#"{"value":[{"Device":"x","device":"exact"}]}"#, "exact"),
        (#"{"value":[{"device":"exact","DEVICE":"x"}]}"#, "exact"),
        (#"{"VALUE":[{"DEVICE":"other"}]}"#, "other"),
        (#"{"value":null,"Value":[{"deviCe":"other"}]}"#, "other"),
        (#"{"value":[{"d\u0065vice":"escaped key"}]}"#, "escaped key"),
        (#"{"value":[{"device":"first","device":"last"}]}"#, "last"),
    ])
    func `prefers exact keys over those in another case`(text: String, expected: String) throws {
        var rows = try JSONRows(Array(text.utf8), array: "value", columns: ["device"])
        #expect(try rows.next() == .object)
        #expect(try rows.string(0) == expected)
    }

    @Test func `finds columns in any order and with others between them`() throws {
        let rowTexts = [
            #"{"a":"1","b":"2"}"#, #"{"b":"2","a":"1"}"#, #"{"c":0,"a":"1","dd":[],"b":"2"}"#,
            #"{"ab":"x","a":"1","b":"2"}"#,
            #"{"a":"1","b":"2","\#(String(repeating: "k", count: 500))":1}"#,
        ]
        let text = #"{"value":["# + (rowTexts + rowTexts.reversed()).joined(separator: ",") + "]}"
        var rows = try JSONRows(Array(text.utf8), array: "value", columns: ["a", "b"])
        var count = 0
        while try rows.next() != nil {
            count += 1
            #expect(try rows.string(0) == "1")
            #expect(try rows.string(1) == "2")
        }
        #expect(count == rowTexts.count * 2)
    }

    @Test func `reads an array at the root and skips a byte order mark`() throws {
        #expect(try readAll(Array(#"[{"a":1},{"a":2}]"#.utf8), array: nil) == 2)
        #expect(try readAll([0xEF, 0xBB, 0xBF] + Array(#"{"value":[{}]}"#.utf8)) == 1)
        #expect(try readAll(Array("[]".utf8), array: nil) == 0)
    }

    @Test func `refuses a document cut at any byte`() throws {
        let whole = Array(
            #"{"n":1.5,"value":[{"a":"x\"\u00e9","b":-1e3,"c":[{}]},{"a":null,"b":true},3],"next":"l"}"#.utf8)
        #expect(try readAll(whole) == 2)
        for length in 0..<whole.count {
            #expect(throws: JSONFailure.self, "cut at \(length)") { try readAll(Array(whole.prefix(length))) }
        }
    }

    @Test(arguments: [
        "", " ", "null", "7", "\"text\"", "[", "{", "}", "]", "{]", "[}", "<html></html>", "{\"value\"}",
        "{\"value\":}",
        #"{"value":[{"a":"\x"}]}"#, #"{"value":[{"a":"\ud800\x"}]}"#,
        #"{"value":[{"a":"\u12"}]}"#, "{\"value\":[{\"a\":\"line\nbreak\"}]}",
        #"{"value":[{"a":01}]}"#, #"{"value":[{"a":1.}]}"#, #"{"value":[{"a":-}]}"#, #"{"value":[{"a":1e}]}"#,
        #"{"value":[{"a":+1}]}"#, #"{"value":[{"a":.5}]}"#, #"{"value":[{"a":0x10}]}"#, #"{"value":[{"a":NaN}]}"#,
        #"{"value":[{"a":tru}]}"#, #"{"value":[{"a":nul}]}"#, #"{"value":[{"a":True}]}"#, #"{"value":[{"a" "b"}]}"#,
        #"{"value":[{"a":1 "b":2}]}"#, #"{"value":[{"a":1,}]}"#, #"{"value":[{"a":1},]}"#, #"{"value":[{"a":1}],}"#,
        #"{"value":[{"a":1}{"a":2}]}"#, #"{"value":[{a:1}]}"#, #"{"value":[{'a':1}]}"#, #"{"value":[{"a":"x"y}]}"#,
        #"{"value":[]} {}"#, #"{"value":[]}]"#, #"{"value":[]}x"#, #"{"value":{}}"#, #"{"value":7}"#, #"{"other":[]}"#,
        #"[{"value":[]}]"#, #"{"value":[{"a":"\u0000"#, "{\"value\":[{\"a\":\"\u{0}\"}]}", #"{"value":[nul]}"#,
    ])
    func `refuses what is no list of rows`(text: String) {
        #expect(throws: JSONFailure.self) { try readAll(Array(text.utf8)) }
    }

    @Test func `refuses bytes that are not UTF-8`() {
        let start = Array(#"{"value":[{"a":""#.utf8)
        for bad: [UInt8] in [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x82]] {
            #expect(throws: JSONFailure.malformed) { try readAll(start + bad + Array(#""}]}"#.utf8)) }
        }
    }

    @Test func `takes a number that no double holds as missing`() throws {
        let digits = String(repeating: "9", count: 400)
        let text = #"{"value":[{"a":1e999,"b":-\#(digits)},{"a":0.\#(digits),"b":1e-999}]}"#
        var rows = try JSONRows(Array(text.utf8), array: "value", columns: ["a", "b"])
        #expect(try rows.next() == .object)
        #expect(try rows.number(0) == nil)
        #expect(try rows.number(1) == nil)
        #expect(try rows.string(0) == "1e999")
        #expect(try rows.next() == .object)
        #expect(try rows.number(0) == 1)
    }

    @Test func `survives deep nesting`() throws {
        let depth = 200_000
        let open = String(repeating: "[", count: depth)
        let close = String(repeating: "]", count: depth)
        #expect(try readAll(Array(#"{"value":[{"a":1,"c":\#(open)\#(close)}]}"#.utf8)) == 1)
        #expect(throws: JSONFailure.self) { try readAll(Array(#"{"value":[{"a":\#(open)"#.utf8)) }
        #expect(throws: JSONFailure.self) { try readAll(Array((open + close).utf8)) }
        #expect(try readAll(Array((open + close).utf8), array: nil) == 0)
    }

    @Test func `ends in rows or an error for every changed byte`() throws {
        let whole = Array(
            #"{"n":1.5,"value":[{"a":"x\"\u00e9","b":-1e3,"c":[{}]},{"b":"y","a":[1,{"a":2}]},3],"next":"l"}"#.utf8)
        var read = 0
        var refused = 0
        for position in whole.indices {
            for byte in Array("\"\\{}[]:,0-e. \u{0}\u{7F}".utf8) + [0x80, 0xFF] {
                var changed = whole
                changed[position] = byte
                do {
                    // At most one row more: an element split in two by a comma.
                    #expect(try readAll(changed) <= 4)
                    read += 1
                } catch {
                    refused += 1
                }
                changed.insert(byte, at: position)
                _ = try? readAll(changed)
            }
        }
        #expect(read > 0 && refused > 0)
    }
}

@Suite struct `Numbered texts` {
    @Test func `get the same number whenever they come again`() {
        var texts = ByteInterner()
        for round in 0..<2 {
            for number in 0..<5000 {
                let (index, isNew) = Array("text \(number)".utf8).withUnsafeBytes { texts.intern($0) }
                #expect(index == number)
                #expect(isNew == (round == 0))
            }
        }
        #expect(texts.count == 5000)
        #expect(Array("other".utf8).withUnsafeBytes { texts.index(of: $0) } == nil)
    }
}
