import Foundation
import OutboundHTTP
import Testing

@testable import CARImporter

@Suite struct `A value in a URL` {
    @Test func `keeps the unreserved characters only`() {
        #expect(URLEncoding.encode("aZ09-._~") == "aZ09-._~")
        #expect(URLEncoding.encode("a b+c,d&e=f#g?h/i%j") == "a%20b%2Bc%2Cd%26e%3Df%23g%3Fh%2Fi%25j")
        #expect(URLEncoding.encode("é\u{0}\n😀") == "%C3%A9%00%0A%F0%9F%98%80")
    }

    @Test func `decodes to what it was`() {
        for text in Samples.hostile {
            let encoded = URLEncoding.encode(text)
            #expect(encoded.removingPercentEncoding == text)
            #expect(URL(string: "http://h/x?a=\(encoded)") != nil)
        }
    }
}

@Suite struct `Lists of ids` {
    private let prefix = "http://car/source/x/asset?external_ids="

    @Test func `stay below the longest URL and lose nothing`() {
        let ids = (0..<500).map { "id \($0)-" + String(repeating: "é", count: $0 % 40) }
        let urls = IDLists.urls(prefix: prefix, ids: ids)
        #expect(urls.count > 5)
        #expect(urls.allSatisfy { $0.url.utf8.count < 1800 && $0.url.hasPrefix(prefix) })
        #expect(urls.flatMap(\.ids) == ids)
        for (url, listed) in urls {
            let values = url.dropFirst(prefix.count).split(separator: ",").map { $0.removingPercentEncoding }
            #expect(values == listed)
        }
    }

    @Test func `send an id with a comma alone`() {
        let urls = IDLists.urls(prefix: prefix, ids: ["a", "b,c", "d"])
        #expect(Set(urls.map(\.url)) == [prefix + "a,d", prefix + "b%2Cc"])
    }

    @Test func `send an id that is too long alone`() {
        let long = String(repeating: "x", count: 3000)
        let urls = IDLists.urls(prefix: prefix, ids: ["a", long, "b"])
        #expect(urls.map(\.ids) == [["a"], [long], ["b"]])
    }

    @Test func `never ask with an empty list or an empty id`() {
        #expect(IDLists.urls(prefix: prefix, ids: []).isEmpty)
        #expect(IDLists.urls(prefix: prefix, ids: ["", ""]).isEmpty)
        #expect(IDLists.urls(prefix: prefix, ids: ["", "a", ""]).map(\.url) == [prefix + "a"])
    }
}
