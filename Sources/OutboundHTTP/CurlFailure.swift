import CCurl
import Glibc

/// What curl reports of a transfer without a complete answer, and its translation.
struct CurlFailure {
    var code: CURLcode
    /// curl's error buffer. Shown for TLS only, where it names certificate and host and nothing else: the certificate in
    /// the peer's words.
    var text: String
    var systemError: Int
    /// Of the answer to CONNECT, 0 without one.
    var proxyStatus: Int
    var answerBegan: Bool
    var bodyTooLarge: Bool
    var headTooLarge: Bool

    func error(for request: OutboundRequest) -> OutboundError {
        if bodyTooLarge { return .answerTooLarge(limit: request.answerBytesMax) }
        let peer = SafeURL(request.url).hostAndPort
        if headTooLarge { return .other("\(peer): the answer's headers are too large") }
        switch code {
        case CURLE_FILESIZE_EXCEEDED:
            return .answerTooLarge(limit: request.answerBytesMax)
        case CURLE_OPERATION_TIMEDOUT:
            return .timedOut
        case CURLE_PARTIAL_FILE:
            return .truncated
        case CURLE_URL_MALFORMAT:
            return .invalidURL(SafeURL(request.url).description)
        case CURLE_COULDNT_RESOLVE_HOST:
            return .unreachable("\(peer): the name can't be resolved")
        case CURLE_COULDNT_RESOLVE_PROXY:
            return .unreachable("\(peer): the proxy's name can't be resolved")
        case CURLE_COULDNT_CONNECT, CURLE_PROXY:
            return .unreachable("\(peer): \(systemText("no connection"))")
        case CURLE_GOT_NOTHING:
            return .lost("\(peer): the connection was closed without an answer")
        case CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_HTTP2, CURLE_HTTP2_STREAM:
            if proxyStatus >= 300 { return .unreachable("\(peer): the proxy refused with \(proxyStatus)") }
            return answerBegan ? .truncated : .lost(lostText(peer))
        case CURLE_SSL_CONNECT_ERROR:
            // A peer that hangs up during the handshake is a lost connection, not a matter of trust.
            let lost = systemError == ECONNRESET || text.contains("SSL_ERROR_SYSCALL")
            return lost ? .unreachable(lostText(peer)) : .tls("\(peer): \(shownText)")
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
            CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_ENGINE_INITFAILED, CURLE_USE_SSL_FAILED:
            return .tls("\(peer): \(shownText)")
        case CURLE_UNSUPPORTED_PROTOCOL, CURLE_WEIRD_SERVER_REPLY:
            return .other("\(peer): the answer is not HTTP")
        case CURLE_BAD_CONTENT_ENCODING:
            return .other("\(peer): the answer can't be unpacked")
        default:
            return .other("\(peer): \(plainText)")
        }
    }

    private func lostText(_ peer: String) -> String { "\(peer): \(systemText("the connection was lost"))" }

    private func systemText(_ fallback: String) -> String {
        systemError == 0 ? fallback : String(cString: strerror(Int32(truncatingIfNeeded: systemError)))
    }

    private var shownText: String { text.isEmpty ? plainText : SafeText(hiding: []).shortened(text) }

    private var plainText: String { String(cString: curl_easy_strerror(code)) }
}
