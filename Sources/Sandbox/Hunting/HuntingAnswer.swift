/// The body of a hunting answer: `{"Stats":{...},"Schema":[{"Name","Type"}],"Results":[{...}]}`, or as Graph writes it:
/// `{"schema":[{"name","type"}],"results":[{...}]}`.
enum HuntingAnswer {
    enum Form: Sendable {
        case defender, graph
    }

    /// - Returns: the bytes, or `nil` when they would be more than `bytesMax`.
    static func write(_ relation: HuntingExecutor.Relation, form: Form, bytesMax: Int) -> [UInt8]? {
        var writer = JSONWriter(capacity: min(bytesMax, 1024 + relation.rows.count * relation.columns.count * 32))
        let names = relation.columns.map { column in
            Array((JSONValue.string(column.name).text + ":").utf8)
        }
        writer.object { writer in
            if form == .defender {
                writer.key("Stats")
                writer.value(
                    [
                        "ExecutionTime": 0.0156,
                        "dataset_statistics": [
                            ["table_row_count": .number(Double(relation.rows.count)), "table_size": 0]
                        ],
                    ] as JSONValue)
            }
            writer.key(form == .graph ? "schema" : "Schema")
            writer.array { writer in
                for column in relation.columns {
                    writer.object { writer in
                        writer.member(form == .graph ? "name" : "Name", column.name)
                        writer.member(form == .graph ? "type" : "Type", column.type)
                    }
                }
            }
            writer.key(form == .graph ? "results" : "Results")
            writer.array { writer in
                for row in relation.rows where writer.bytes.count <= bytesMax {
                    writer.object { writer in
                        for (name, value) in zip(names, row) {
                            writer.encoded(name, isKey: true)
                            value.write(to: &writer)
                        }
                    }
                }
            }
        }
        return writer.bytes.count <= bytesMax ? writer.bytes : nil
    }
}
