import ConnectorCore
import OutboundHTTP

extension CARClient {
    public func requestFullImportStart() async throws -> String {
        try await startJob(.post, sessionPath, label: "session", operation: "POST full-import-in-progress")
    }

    public func requestFullImportEnd() async throws -> String {
        try await startJob(.delete, sessionPath, label: "session", operation: "DELETE full-import-in-progress")
    }

    /// Asks for the job's state with growing pauses. An answer that can't be used is asked for again, since a job goes on
    /// whatever becomes of a question about it.
    ///
    /// - Throws: `CARError` with reason `.jobFailed`, or `.jobUnfinished` at the deadline.
    public func waitForJob(_ id: String) async throws {
        let operation = "GET jobstatus"
        guard !id.isEmpty else {
            throw CARError(operation: operation, reason: .invalidRequest, detail: "the job's id is empty")
        }
        let deadline = calls.clock.now() + settings.jobDeadlineSeconds
        var pause = settings.jobPolling.firstSeconds
        while true {
            let problem: String?
            do {
                var request = calls.request(.get, "/jobstatus/\(URLEncoding.encode(id))", label: "jobstatus")
                request.deadlineSeconds = min(30, settings.attemptSecondsMax, max(0.2, deadline - calls.clock.now()))
                let job = try await calls.answer(
                    JobStatus.self, to: request, operation: operation, repetition: .never)
                if job.status == "COMPLETE" { return }
                if job.status == "ERROR" {
                    throw CARError(operation: operation, reason: .jobFailed, detail: shownJob(id))
                }
                problem = nil
            } catch let error as CARError where error.reason != .jobFailed {
                problem = error.description
            }
            let left = deadline - calls.clock.now()
            guard left > 0 else {
                let cause = problem.map { "; the last question for its state failed: \($0)" } ?? ""
                throw CARError(operation: operation, reason: .jobUnfinished, detail: shownJob(id) + cause)
            }
            try await calls.clock.sleep(min(pause, left))
            pause = settings.jobPolling.after(pause)
        }
    }

    /// Makes a call that answers with the id of a job. Not repeated where CAR may have started the job already.
    func startJob(
        _ method: OutboundRequest.Method, _ path: String, label: String, operation: String, body: [UInt8]? = nil,
        repetition: CARCalls.Repetition = .onlyUntouched
    ) async throws -> String {
        let request = calls.request(method, path, label: label, body: body)
        let receipt = try await calls.answer(
            JobReceipt.self, to: request, operation: operation, repetition: repetition)
        // As a part of a path the two made of dots lead to another one.
        guard !["", ".", ".."].contains(receipt.jobID), receipt.jobID.utf8.count <= 500 else {
            throw CARError(operation: operation, reason: .malformedReply, detail: "the job's id is none, or too long")
        }
        return receipt.jobID
    }

    private var sessionPath: String { "/source/\(URLEncoding.encode(settings.source))/full-import-in-progress" }

    private func shownJob(_ id: String) -> String { "job \(calls.safeText.shortened(id, to: 60))" }
}
