import CCurl
import Glibc

/// A transfer that libcurl is at, with everything curl points at meanwhile. On its loop's thread only.
///
/// Every transfer gets an easy handle of its own: libcurl before 8.1.1 keeps a dangling pointer in one that is used
/// again, and a server can make it write there by folding its first header line (curl issue 11101).
final class CurlTransfer {
    let transfer: Transfer
    let easy: UnsafeMutableRawPointer
    private let sink = AnswerSink()
    private let errorText = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
    private let headerLines: UnsafeMutablePointer<curl_slist>?
    private let started = ContinuousClock.now

    /// `nil` if libcurl is out of memory.
    init?(_ transfer: Transfer, configuration: HTTPClientConfiguration) {
        guard let easy = curl_easy_init() else {
            errorText.deallocate()
            return nil
        }
        self.transfer = transfer
        self.easy = easy
        headerLines = TransferSettings(request: transfer.request, configuration: configuration).apply(to: easy)
        sink.reset(bodyBytesMax: transfer.request.answerBytesMax)
        errorText[0] = 0
        ccurl_set_pointer(easy, CURLOPT_ERRORBUFFER, errorText)
        let context = Unmanaged.passUnretained(sink).toOpaque()
        ccurl_set_write_function(easy, CURLOPT_HEADERFUNCTION, receiveHeaderLine)
        ccurl_set_pointer(easy, CURLOPT_HEADERDATA, context)
        ccurl_set_write_function(easy, CURLOPT_WRITEFUNCTION, receiveBody)
        ccurl_set_pointer(easy, CURLOPT_WRITEDATA, context)
    }

    /// The handle must have left its multi handle.
    deinit {
        curl_easy_cleanup(easy)
        curl_slist_free_all(headerLines)
        errorText.deallocate()
    }

    /// What the transfer came to; `code` is `CURLE_ABORTED_BY_CALLBACK` where it was cancelled.
    func outcome(_ code: CURLcode) -> (Result<OutboundResponse, OutboundError>, RequestMeasurement) {
        let seconds = (ContinuousClock.now - started).inSeconds
        let status = Int(ccurl_get_long(easy, CURLINFO_RESPONSE_CODE))
        var measurement = RequestMeasurement(of: transfer)
        measurement.seconds = seconds
        measurement.sentBytes = max(0, Int(ccurl_get_offset(easy, CURLINFO_SIZE_UPLOAD_T)))
        measurement.receivedBytes = max(0, Int(ccurl_get_offset(easy, CURLINFO_SIZE_DOWNLOAD_T)))
        let result: Result<OutboundResponse, OutboundError>
        if code == CURLE_OK {
            result = .success(OutboundResponse(status: status, head: sink.head, body: sink.body, seconds: seconds))
            measurement.status = status
        } else {
            let error = error(code, status: status)
            result = .failure(error)
            measurement.error = error
        }
        return (result, measurement)
    }

    private func error(_ code: CURLcode, status: Int) -> OutboundError {
        if transfer.isCancelled, code == CURLE_ABORTED_BY_CALLBACK { return .cancelled }
        let failure = CurlFailure(
            code: code, text: String(cString: errorText), systemError: ccurl_get_long(easy, CURLINFO_OS_ERRNO),
            proxyStatus: ccurl_get_long(easy, CURLINFO_HTTP_CONNECTCODE), answerBegan: status != 0,
            bodyTooLarge: sink.bodyTooLarge, headTooLarge: sink.headTooLarge)
        return failure.error(for: transfer.request)
    }
}
