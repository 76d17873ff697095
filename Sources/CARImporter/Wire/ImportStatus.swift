/// `GET importstatus?ids=A,B`. Both lists must be there and every entry must name its import: an answer without them
/// says nothing of any import.
struct ImportStatus: Decodable {
    struct Incomplete: Decodable {
        var id: String

        enum CodingKeys: String, CodingKey {
            case id
        }

        init(from decoder: any Decoder) throws {
            id = try decoder.container(keyedBy: CodingKeys.self).decodeID(forKey: .id)
        }
    }

    struct Failed: Decodable {
        var id: String
        /// CAR's words, empty where it gives none.
        var message: String
        /// `nil` where CAR gives none, or one that is no number.
        var statusCode: Int?

        enum CodingKeys: String, CodingKey {
            case id, error, statusCode
        }

        init(from decoder: any Decoder) throws {
            let fields = try decoder.container(keyedBy: CodingKeys.self)
            id = try fields.decodeID(forKey: .id)
            // Lenient, since the failure itself must not get lost over the form in which it is explained.
            message = (try? fields.decode(String.self, forKey: .error)) ?? ""
            statusCode =
                (try? fields.decode(Int.self, forKey: .statusCode))
                ?? (try? fields.decode(String.self, forKey: .statusCode)).flatMap { Int($0) }
        }
    }

    var incomplete: [Incomplete]
    var failed: [Failed]

    enum CodingKeys: String, CodingKey {
        case incomplete = "incomplete_imports"
        case failed = "error_imports"
    }
}
