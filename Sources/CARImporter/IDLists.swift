import OutboundHTTP

/// Lists of ids as CAR takes them in a URL, `A,B,C`, cut so that the whole URL stays short.
///
/// The separator is a plain comma, so an id that holds one goes alone, encoded. An empty id is left out: a call with an
/// empty list might mean everything. An id that is too long for any URL of this length goes alone as well.
struct IDLists {
    /// Of the whole URL.
    static let urlBytesMax = 1800

    /// - Parameter prefix: the URL up to and including `ids=`.
    static func urls(prefix: String, ids: [String]) -> [(url: String, ids: [String])] {
        var urls: [(url: String, ids: [String])] = []
        var url = prefix
        var listed: [String] = []
        func close() {
            if !listed.isEmpty { urls.append((url, listed)) }
            url = prefix
            listed = []
        }
        for id in ids where !id.isEmpty {
            let encoded = URLEncoding.encode(id)
            if id.utf8.contains(0x2C) {
                urls.append((prefix + encoded, [id]))
                continue
            }
            if !listed.isEmpty, url.utf8.count + 1 + encoded.utf8.count >= urlBytesMax { close() }
            url += listed.isEmpty ? encoded : "," + encoded
            listed.append(id)
        }
        close()
        return urls
    }
}
