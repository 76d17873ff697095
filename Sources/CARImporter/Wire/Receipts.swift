/// CAR's answers of one field each, as far as they are used.

/// `{"id":"..."}` of `POST imports`.
struct ImportReceipt: Decodable {
    var id: String

    enum CodingKeys: String, CodingKey {
        case id
    }

    init(from decoder: any Decoder) throws {
        id = try decoder.container(keyedBy: CodingKeys.self).decodeID(forKey: .id)
    }
}

/// `{"job_id":"..."}` of every call that starts a job.
struct JobReceipt: Decodable {
    var jobID: String

    enum CodingKeys: String, CodingKey {
        case jobID = "job_id"
    }

    init(from decoder: any Decoder) throws {
        jobID = try decoder.container(keyedBy: CodingKeys.self).decodeID(forKey: .jobID)
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

extension KeyedDecodingContainer {
    /// An id that CAR has made: text, or a number, since the type of none is documented.
    func decodeID(forKey key: Key) throws -> String {
        try (try? decode(Int64.self, forKey: key)).map { "\($0)" } ?? decode(String.self, forKey: key)
    }
}
