/// Turns a command line of IBM's connector, which names no command, into one of this program.
enum PredecessorCommandLine {
    private static let connectionTest = "-connection-test"

    /// - A first word with one dash means `import`, but for a plea for help or the version.
    /// - No word at all means `import` in a container of Cloud Pak for Security.
    /// - `-connection-test` may stand without its value.
    static func translated(_ given: [String], environment: [String: String]) -> [String] {
        guard let first = given.first else {
            return CloudPakEnvironment(environment).isPresent ? ["import"] : []
        }
        switch given {
        case ["-version"], ["-v"]: return ["--version"]
        case ["-help"]: return ["--help"]
        default: break
        }
        let isPredecessors = first.hasPrefix("-") && !first.hasPrefix("--") && first != "-h"
        let arguments = isPredecessors ? ["import"] + given : given
        return ["import", "check"].contains(arguments.first) ? withTestValue(arguments) : arguments
    }

    private static func withTestValue(_ arguments: [String]) -> [String] {
        var result: [String] = []
        for (index, argument) in arguments.enumerated() {
            result.append(argument)
            guard argument == connectionTest else { continue }
            let next = index + 1 < arguments.count ? arguments[index + 1] : "-"
            if next.hasPrefix("-") { result.append("True") }
        }
        return result
    }
}
