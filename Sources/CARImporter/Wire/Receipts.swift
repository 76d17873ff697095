/// CAR's answers of one field each, as far as they are used.

/// `{"id":"..."}` of `POST imports`.
struct ImportReceipt: Decodable {
    var id: String
}

/// `{"job_id":"..."}` of every call that starts a job.
struct JobReceipt: Decodable {
    var jobID: String

    enum CodingKeys: String, CodingKey {
        case jobID = "job_id"
    }
}

/// `{"status":"..."}` of `GET jobstatus/ID`: `COMPLETE`, `ERROR`, or anything else while it runs.
struct JobStatus: Decodable {
    var status: String
}

/// `GET source/NAME`.
struct SourceRecord: Decodable {
    /// `nil` or empty where no run has completed yet.
    var modelStateID: String?

    enum CodingKeys: String, CodingKey {
        case modelStateID = "model_state_id"
    }
}
