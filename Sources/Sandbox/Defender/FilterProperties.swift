/// What `$filter` may name, as documented for each list, and where the values are.
enum FilterProperties {
    static let machine: [String: ODataExpression.Kind] = [
        "computerDnsName": .string, "id": .string, "version": .string, "deviceValue": .string, "aadDeviceId": .string,
        "lastSeen": .dateTime, "exposureLevel": .string, "onboardingStatus": .string, "lastIpAddress": .string,
        "healthStatus": .string, "osPlatform": .string, "riskScore": .string, "rbacGroupId": .number,
    ]

    /// `machineId` isn't among them.
    static let alert: [String: ODataExpression.Kind] = [
        "alertCreationTime": .dateTime, "lastUpdateTime": .dateTime, "lastEventTime": .dateTime, "id": .string,
        "status": .string, "severity": .string, "category": .string, "detectionSource": .string, "incidentId": .number,
        "InvestigationId": .number, "asssignedTo": .string,
    ]

    static func value(_ property: String, of machine: EstateMachine) -> ODataExpression.Literal {
        func text(_ text: String?) -> ODataExpression.Literal { text.map { .string($0) } ?? .null }
        switch property {
        case "computerDnsName": return text(machine.computerDnsName)
        case "id": return .string(machine.id)
        case "version": return text(machine.version)
        case "deviceValue": return text(machine.deviceValue)
        case "lastSeen": return .dateTime(machine.lastSeen)
        case "exposureLevel": return text(machine.exposureLevel)
        case "onboardingStatus": return .string(machine.onboardingStatus)
        case "lastIpAddress": return text(machine.lastIpAddress)
        case "healthStatus": return .string(machine.healthStatus)
        case "osPlatform": return text(machine.osPlatform)
        case "riskScore": return text(machine.riskScore)
        case "rbacGroupId": return .number(Double(machine.rbacGroupId))
        default: return .null
        }
    }

    static func value(_ property: String, of alert: EstateAlert) -> ODataExpression.Literal {
        switch property {
        case "alertCreationTime": return alert.alertCreationTime.map { .dateTime($0) } ?? .null
        case "lastUpdateTime": return .dateTime(alert.lastUpdateTime)
        case "lastEventTime": return alert.firstEventTime.map { .dateTime($0) } ?? .null
        case "id": return .string(alert.id)
        case "status": return .string(alert.status)
        case "severity": return alert.severity.map { .string($0) } ?? .null
        case "category": return .string("SuspiciousActivity")
        case "detectionSource": return .string("WindowsDefenderAtp")
        case "incidentId": return .number(1126)
        default: return .null
        }
    }
}
