/// Runs a parsed query over an estate.
struct HuntingExecutor {
    /// Columns and rows between two operators.
    struct Relation {
        var columns: [KQLColumn]
        var rows: [[KQLValue]]

        func position(_ name: String) throws(HuntingError) -> Int {
            guard let position = columns.firstIndex(where: { $0.name == name }) else {
                throw HuntingError("'\(name)' does not refer to a known column")
            }
            return position
        }
    }

    /// Rows a query may look at or make on the way; Kusto refuses such queries for its memory's sake.
    static let workRowsMax = 4_000_000

    let state: EstateState
    /// Decides the order of rows where the query doesn't.
    var random: SplitMix64

    /// - Returns: the rows, in no order unless the query asks for one, cut at `rowLimit`.
    mutating func run(_ query: KQLQuery, rowLimit: Int) throws(HuntingError) -> Relation {
        var relation = try evaluate(query, keys: nil)
        let isOrdered = query.operators.contains { if case .order = $0 { true } else { false } }
        if !isOrdered { relation.rows.shuffle(using: &random) }
        if relation.rows.count > rowLimit { relation.rows.removeLast(relation.rows.count - rowLimit) }
        return relation
    }

    /// - Parameter keys: with a join, the CVE ids that matter, so that the knowledge base isn't built whole.
    private func evaluate(_ query: KQLQuery, keys: Set<String>?) throws(HuntingError) -> Relation {
        guard let table = HuntingTable(rawValue: query.table) else {
            throw HuntingError("'where' operator: Failed to resolve table or column expression named '\(query.table)'")
        }
        var operators = query.operators[...]
        var filters: [KQLCondition] = []
        while case .filter(let condition) = operators.first {
            filters.append(condition)
            operators.removeFirst()
        }
        var relation = try scan(table, filters, keys: keys)
        for step in operators { relation = try apply(step, to: relation) }
        return relation
    }

    // MARK: Tables

    private func scan(_ table: HuntingTable, _ filters: [KQLCondition], keys: Set<String>?) throws(HuntingError)
        -> Relation
    {
        var relation = Relation(columns: table.columns, rows: [])
        let test = try predicate(filters, on: relation)
        var work = 0
        func add(_ row: [KQLValue]) throws(HuntingError) {
            work += 1
            if work > Self.workRowsMax {
                throw HuntingError("the query exceeded its resources: restrict it to some devices")
            }
            if test(row) { relation.rows.append(row) }
        }
        if table == .knowledgeBase {
            let wanted = keys ?? named("CveId", in: filters)
            let entries = wanted.map { $0.compactMap { state.cve(id: $0) } } ?? state.knowledgeBase()
            for cve in entries { try add(HuntingTable.row(cve)) }
            return relation
        }
        for machine in machines(restrictedBy: filters) {
            switch table {
            case .networkInfo:
                for row in state.networkRows(of: machine) { try add(HuntingTable.row(row, of: machine)) }
            case .logonEvents:
                for row in HuntingTable.logonRows(of: machine, users: state.users(of: machine)) { try add(row) }
            default:
                for row in state.softwareRows(of: machine) {
                    try add(HuntingTable.row(row, of: machine, severity: row.cveId == nil ? nil : "High"))
                }
            }
        }
        return relation
    }

    /// The machines a `DeviceId in (...)` names, where such a condition always applies; else all.
    private func machines(restrictedBy filters: [KQLCondition]) -> [EstateMachine] {
        guard let ids = named("DeviceId", in: filters) else { return state.machines }
        return ids.compactMap { state.machine(id: $0) }
    }

    /// The values a `COLUMN in (...)` names, where such a condition always applies.
    private func named(_ column: String, in filters: [KQLCondition]) -> Set<String>? {
        func values(_ condition: KQLCondition) -> Set<String>? {
            switch condition {
            case .and(let parts): parts.lazy.compactMap(values).first
            case .isIn(column, let values, false): values
            case .compare(column, "==", .string(let value)): [value]
            default: nil
            }
        }
        return filters.lazy.compactMap(values).first
    }

    private func predicate(_ filters: [KQLCondition], on relation: Relation) throws(HuntingError) -> ([KQLValue]) ->
        Bool
    {
        // Few columns: a list is faster to look through than a dictionary.
        var positions: [(name: String, position: Int)] = []
        for column in filters.flatMap(\.columns) { positions.append((column, try relation.position(column))) }
        return { [positions] row in
            filters.allSatisfy { filter in
                filter.matches { name in positions.first { $0.name == name }.map { row[$0.position] } ?? .null }
            }
        }
    }

    // MARK: Operators

    private func apply(_ step: KQLQuery.Operator, to relation: Relation) throws(HuntingError) -> Relation {
        switch step {
        case .filter(let condition):
            let test = try predicate([condition], on: relation)
            return Relation(columns: relation.columns, rows: relation.rows.filter(test))
        case .project(let columns): return try project(columns, relation)
        case .distinct(let columns):
            var result = try project(columns.map { ($0, $0) }, relation)
            var seen: Set<String> = []
            result.rows = result.rows.filter { seen.insert("\($0)").inserted }
            return result
        case .order(let columns): return try order(relation, by: columns)
        case .take(let count): return Relation(columns: relation.columns, rows: Array(relation.rows.prefix(count)))
        case .count:
            return Relation(
                columns: [KQLColumn(name: "Count", type: "Int64")], rows: [[.number(Double(relation.rows.count))]])
        case .join(let kind, let right, let leftKey, let rightKey):
            return try join(relation, kind: kind, right: right, leftKey: leftKey, rightKey: rightKey)
        }
    }

    private func project(_ columns: [(name: String, column: String)], _ relation: Relation) throws(HuntingError)
        -> Relation
    {
        var positions: [Int] = []
        var output: [KQLColumn] = []
        for (name, column) in columns {
            let position = try relation.position(column)
            guard !output.contains(where: { $0.name == name }) else {
                throw HuntingError("'project' operator: a column named '\(name)' already exists")
            }
            positions.append(position)
            output.append(KQLColumn(name: name, type: relation.columns[position].type))
        }
        return Relation(columns: output, rows: relation.rows.map { row in positions.map { row[$0] } })
    }

    private func order(
        _ relation: Relation, by columns: [(column: String, ascending: Bool)]
    ) throws(HuntingError) -> Relation {
        var keys: [(position: Int, ascending: Bool)] = []
        for (column, ascending) in columns { keys.append((try relation.position(column), ascending)) }
        var relation = relation
        relation.rows.sort { a, b in
            for (position, ascending) in keys {
                let (first, second) = ascending ? (a[position], b[position]) : (b[position], a[position])
                if KQLValue.isBefore(first, second) { return true }
                if KQLValue.isBefore(second, first) { return false }
            }
            return false
        }
        return relation
    }

    private func join(
        _ left: Relation, kind: String, right: KQLQuery, leftKey: String, rightKey: String
    ) throws(HuntingError) -> Relation {
        let leftPosition = try left.position(leftKey)
        let keys = Set(left.rows.compactMap { $0[leftPosition].text })
        // Only a right side that looks at each row alone may be restricted to the keys beforehand.
        let restricts = rightKey == "CveId" && right.operators.allSatisfy(\.looksAtOneRow)
        let other = try evaluate(right, keys: restricts ? keys : nil)
        let rightPosition = try other.position(rightKey)
        var byKey: [String: [Int]] = [:]
        for (index, row) in other.rows.enumerated() {
            if let key = row[rightPosition].text { byKey[key, default: []].append(index) }
        }
        var names = Set(left.columns.map(\.name))
        // A name that is taken gets a number, as Kusto does: CveId1.
        let renamed = other.columns.map { column in
            var name = column.name
            var number = 0
            while !names.insert(name).inserted {
                number += 1
                name = "\(column.name)\(number)"
            }
            return KQLColumn(name: name, type: column.type)
        }
        var result = Relation(columns: left.columns + renamed, rows: [])
        let nothing = [KQLValue](repeating: .null, count: renamed.count)
        var seenKeys: Set<String> = []
        for row in left.rows {
            let key = row[leftPosition].text
            // The default kind keeps one left row for each key: forgetting `kind=` loses rows there too.
            if kind == "innerunique", let key, !seenKeys.insert(key).inserted { continue }
            let matches = key.flatMap { byKey[$0] } ?? []
            for match in matches { result.rows.append(row + other.rows[match]) }
            if matches.isEmpty, kind == "leftouter" { result.rows.append(row + nothing) }
            if result.rows.count > Self.workRowsMax { throw HuntingError("the query exceeded its resources") }
        }
        return result
    }
}

extension KQLQuery.Operator {
    fileprivate var looksAtOneRow: Bool {
        switch self {
        case .filter, .project, .distinct: true
        default: false
        }
    }
}
