import CCurl
import Dispatch
import Glibc

/// One connection slot: a multi handle that keeps connections alive between transfers, and the serial queue it is used
/// on. Every transfer gets an easy handle of its own: libcurl before 8.1.1 keeps a dangling pointer in one that is used
/// again, and a server can make it write there by folding its first header line (curl issue 11101).
///
/// A multi handle, though it never runs more than one transfer, because another thread can wake it: `curl_easy_perform`
/// notices a cancellation only once a second.
final class CurlWorker: @unchecked Sendable {
    // Unchecked because of the C handles: used on `queue` only, but for `curl_multi_wakeup`, which is thread-safe. They
    // are freed in deinit, when nobody can use them.
    let queue = DispatchQueue(label: "outbound-http")
    private let multi: UnsafeMutableRawPointer
    private let errorText = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
    private let sink = AnswerSink()
    private let configuration: HTTPClientConfiguration

    private static let prepared: Bool = {
        // OpenSSL writes with plain `write`, and with NOSIGNAL curl leaves SIGPIPE to the program. A handler that was
        // set already (the default is nil) stays.
        if let own = signal(SIGPIPE, SIG_IGN) { signal(SIGPIPE, own) }
        return curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK
    }()

    /// `nil` if libcurl is out of memory.
    init?(_ configuration: HTTPClientConfiguration) {
        guard CurlWorker.prepared, let multi = curl_multi_init() else { return nil }
        self.multi = multi
        self.configuration = configuration
    }

    deinit {
        curl_multi_cleanup(multi)
        errorText.deallocate()
    }

    /// Makes a running transfer look whether it was cancelled. From any thread.
    func wakeUp() {
        curl_multi_wakeup(multi)
    }

    /// Runs the transfer to its end. On `queue` only; blocks.
    func perform(_ transfer: Transfer) -> (Result<OutboundResponse, OutboundError>, RequestMeasurement) {
        let request = transfer.request
        let started = ContinuousClock.now
        guard let easy = curl_easy_init() else {
            let error = OutboundError.other("libcurl gave no handle")
            return (.failure(error), RequestMeasurement(of: transfer, errorKind: error.kind))
        }
        defer { curl_easy_cleanup(easy) }
        let settings = TransferSettings(request: request, configuration: configuration)
        sink.reset(bodyBytesMax: request.answerBytesMax)
        defer { sink.reset(bodyBytesMax: 0) }
        errorText[0] = 0
        ccurl_set_pointer(easy, CURLOPT_ERRORBUFFER, errorText)
        let context = Unmanaged.passUnretained(sink).toOpaque()
        ccurl_set_write_function(easy, CURLOPT_HEADERFUNCTION, receiveHeaderLine)
        ccurl_set_pointer(easy, CURLOPT_HEADERDATA, context)
        ccurl_set_write_function(easy, CURLOPT_WRITEFUNCTION, receiveBody)
        ccurl_set_pointer(easy, CURLOPT_WRITEDATA, context)

        let code = settings.apply(to: easy) { drive(transfer, easy) }

        let seconds = (ContinuousClock.now - started).inSeconds
        let status = Int(ccurl_get_long(easy, CURLINFO_RESPONSE_CODE))
        let result: Result<OutboundResponse, OutboundError>
        if code == CURLE_OK {
            result = .success(OutboundResponse(status: status, head: sink.head, body: sink.body, seconds: seconds))
        } else if transfer.isCancelled, code == CURLE_ABORTED_BY_CALLBACK {
            result = .failure(.cancelled)
        } else {
            let failure = CurlFailure(
                code: code, text: String(cString: errorText), systemError: ccurl_get_long(easy, CURLINFO_OS_ERRNO),
                proxyStatus: ccurl_get_long(easy, CURLINFO_HTTP_CONNECTCODE), answerBegan: status != 0,
                bodyTooLarge: sink.bodyTooLarge, headTooLarge: sink.headTooLarge)
            result = .failure(failure.error(for: request))
        }
        var measurement = RequestMeasurement(of: transfer)
        measurement.seconds = seconds
        measurement.sentBytes = max(0, Int(ccurl_get_offset(easy, CURLINFO_SIZE_UPLOAD_T)))
        measurement.receivedBytes = max(0, Int(ccurl_get_offset(easy, CURLINFO_SIZE_DOWNLOAD_T)))
        switch result {
        case .success(let response): measurement.status = response.status
        case .failure(let error): measurement.errorKind = error.kind
        }
        return (result, measurement)
    }

    /// The transfer's result; `CURLE_ABORTED_BY_CALLBACK` if it was cancelled.
    private func drive(_ transfer: Transfer, _ easy: UnsafeMutableRawPointer) -> CURLcode {
        guard curl_multi_add_handle(multi, easy) == CURLM_OK else { return CURLE_OUT_OF_MEMORY }
        defer { curl_multi_remove_handle(multi, easy) }
        var result = CURLE_ABORTED_BY_CALLBACK
        var running: Int32 = 1
        while !transfer.isCancelled {
            guard curl_multi_perform(multi, &running) == CURLM_OK else { return CURLE_OUT_OF_MEMORY }
            if running == 0 {
                return ccurl_multi_take_result(multi, &result) == 1 ? result : CURLE_OUT_OF_MEMORY
            }
            // Returns early for the socket, for curl's own timers and for `wakeUp`.
            guard curl_multi_poll(multi, nil, 0, 1000, nil) == CURLM_OK else { return CURLE_OUT_OF_MEMORY }
        }
        return result
    }
}
