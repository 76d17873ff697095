/// `GET databases`.
struct DatabaseList: Decodable {
    var databases: [Database]

    struct Database: Decodable {
        /// Empty where the graph was not created yet.
        var graphName: String?
        var isReady: Bool?
        var collectionsWithoutIndexes: [String]?

        enum CodingKeys: String, CodingKey {
            case graphName = "graph_name"
            case isReady = "is_ready"
            case collectionsWithoutIndexes = "collections_without_indexes"
        }
    }
}

/// Bodies of `PATCH databases`.
struct DatabaseChange: Encodable, Hashable {
    var graphName: String?
    var collectionsWithoutIndexes: [String]?

    enum CodingKeys: String, CodingKey {
        case graphName = "graph_name"
        case collectionsWithoutIndexes = "collections_without_indexes"
    }
}
