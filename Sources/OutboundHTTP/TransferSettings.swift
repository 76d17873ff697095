import CCurl

/// Writes a request's and the client's settings into a new easy handle.
struct TransferSettings {
    let request: OutboundRequest
    let configuration: HTTPClientConfiguration

    /// - Returns: the list of header lines, which curl only points at: to be freed after the transfer.
    func apply(to easy: UnsafeMutableRawPointer) -> UnsafeMutablePointer<curl_slist>? {
        setConnection(easy)
        setTLS(easy)
        var list = headerList()
        for line in fixedHeaderLines {
            list = curl_slist_append(list, line)
        }
        ccurl_set_list(easy, CURLOPT_HTTPHEADER, list)
        ccurl_set_text(easy, CURLOPT_URL, request.url)
        ccurl_set_text(easy, CURLOPT_USERAGENT, configuration.userAgent)
        ccurl_set_text(easy, CURLOPT_ACCEPT_ENCODING, "gzip")
        if sendsBody { setBody(easy) }
        setMethod(easy)
        return list
    }

    /// curl copies it: the request may be gone before the transfer is.
    private func setBody(_ easy: UnsafeMutableRawPointer) {
        (request.body ?? []).withUnsafeBytes { bytes in
            ccurl_set_offset(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(bytes.count))
            // An empty array may have no address, which curl would take for "read the body from standard input".
            if let address = bytes.baseAddress, !bytes.isEmpty {
                ccurl_set_pointer(easy, CURLOPT_COPYPOSTFIELDS, address)
            } else {
                ccurl_set_text(easy, CURLOPT_COPYPOSTFIELDS, "")
            }
        }
    }

    /// A POST, PUT or PATCH without a body says `Content-Length: 0`.
    private var sendsBody: Bool {
        switch request.method {
        case .post, .put, .patch: true
        case .get, .delete: request.body != nil
        case .head: false
        }
    }

    private func setMethod(_ easy: UnsafeMutableRawPointer) {
        if request.method == .head {
            ccurl_set_long(easy, CURLOPT_NOBODY, 1)
        } else {
            // Not for HEAD, whose Content-Length announces a body that does not come.
            ccurl_set_offset(easy, CURLOPT_MAXFILESIZE_LARGE, curl_off_t(max(1, request.answerBytesMax)))
            ccurl_set_text(easy, CURLOPT_CUSTOMREQUEST, request.method.rawValue)
        }
    }

    private func setConnection(_ easy: UnsafeMutableRawPointer) {
        ccurl_set_long(easy, CURLOPT_NOSIGNAL, 1)
        ccurl_set_text(easy, CURLOPT_PROTOCOLS_STR, "http,https")
        ccurl_set_long(easy, CURLOPT_FOLLOWLOCATION, 0)
        if request.isSentOnce { ccurl_set_long(easy, CURLOPT_FRESH_CONNECT, 1) }
        // An empty name means none, whatever the environment says.
        if !configuration.usesProxy { ccurl_set_text(easy, CURLOPT_PROXY, "") }
        ccurl_set_long(easy, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2TLS))
        ccurl_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, milliseconds(configuration.connectTimeoutSeconds))
        ccurl_set_long(easy, CURLOPT_TIMEOUT_MS, milliseconds(request.deadlineSeconds))
        ccurl_set_long(easy, CURLOPT_LOW_SPEED_LIMIT, 1)
        ccurl_set_long(easy, CURLOPT_LOW_SPEED_TIME, max(1, milliseconds(request.stallSecondsMax) / 1000))
        ccurl_set_long(easy, CURLOPT_TCP_KEEPALIVE, 1)
        ccurl_set_long(easy, CURLOPT_TCP_KEEPIDLE, 60)
        ccurl_set_long(easy, CURLOPT_TCP_KEEPINTVL, 30)
        // Every transfer allocates both: larger ones cost a mapping and its page faults each time, and gain nothing.
        ccurl_set_long(easy, CURLOPT_BUFFERSIZE, 32 << 10)
        ccurl_set_long(easy, CURLOPT_UPLOAD_BUFFERSIZE, 64 << 10)
        ccurl_set_long(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        // Else a cancelled transfer waits for the system's resolver.
        ccurl_set_long(easy, CURLOPT_QUICK_EXIT, 1)
    }

    private func setTLS(_ easy: UnsafeMutableRawPointer) {
        ccurl_set_long(easy, CURLOPT_SSL_VERIFYPEER, 1)
        ccurl_set_long(easy, CURLOPT_SSL_VERIFYHOST, 2)
        ccurl_set_long(easy, CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        if let caFile = configuration.caFile {
            ccurl_set_text(easy, CURLOPT_CAINFO, caFile)
            ccurl_set_text(easy, CURLOPT_CAPATH, nil)
        }
    }

    private func headerList() -> UnsafeMutablePointer<curl_slist>? {
        var list: UnsafeMutablePointer<curl_slist>?
        for (name, value) in request.headers {
            // curl drops a header that ends with the colon; the semicolon sends it empty.
            list = curl_slist_append(list, value.isEmpty ? "\(name);" : "\(name): \(value)")
        }
        if let authorization = request.authorization {
            list = curl_slist_append(list, "Authorization: \(authorization.reveal())")
        }
        return list
    }

    /// Takes out what curl would add of its own: it waits a second for `100 Continue`, and it takes bodies for forms.
    private var fixedHeaderLines: [String] {
        let typed = request.headers.contains { name, _ in name.lowercased() == "content-type" }
        return sendsBody && !typed ? ["Expect:", "Content-Type:"] : ["Expect:"]
    }

    /// At least one, since 0 means "no limit" to curl; at most a day.
    private func milliseconds(_ seconds: Double) -> Int {
        seconds.isNaN ? 1 : Int(min(max(seconds * 1000, 1), 86_400_000))
    }
}
