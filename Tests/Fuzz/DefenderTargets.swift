import ConnectorCore

@testable import DefenderFetcher
@testable import OutboundHTTP

extension FuzzTarget {
    /// The answers of Defender and Entra.
    static let defender = [
        FuzzTarget(name: "machines") { bytes in
            for addresses in [false, true] {
                guard let page = try? MachinePage.decode(bytes, addresses: addresses) else { continue }
                for machine in page.content.records { require(isMachineID(machine.id), "an id of 40 hex digits") }
            }
        },
        FuzzTarget(name: "alerts") { bytes in
            guard let page = try? AlertPage.decode(bytes) else { return }
            for alert in page.content.records {
                require(alert.machineID.map(isMachineID) != false, "an id of 40 hex digits")
            }
        },
        FuzzTarget(name: "logon-users") { bytes in
            _ = try? LogonUserList.decode(bytes)
        },
        FuzzTarget(name: "hunting") { bytes in
            if let answer = try? FindingRows.decode(bytes, asked: asked) {
                let kept = answer.findings.values.map(\.count).reduce(0, +)
                require(kept + answer.skipped.count == answer.rowsRead, "every row is kept or skipped")
                require(answer.findings.keys.allSatisfy(asked.ids.contains), "only machines that were asked for")
            }
            if let answer = try? LogonRows.decode(bytes, asked: asked) {
                let kept = answer.users.values.map(\.count).reduce(0, +)
                require(kept + answer.skipped.count == answer.rowsRead, "every row is kept or skipped")
            }
            _ = try? NetworkRows.decode(bytes, asked: asked)
            _ = try? DescriptionRows.decode(bytes)
        },
        FuzzTarget(name: "vulnerability-export") { bytes in
            if let page = try? VulnerabilityRows.decode(bytes) {
                let kept = page.pairs.map(\.count).reduce(0, +)
                require(kept + page.skipped.count == page.rowsRead, "every row is kept or skipped")
                require(page.machines.allSatisfy(isMachineID), "ids of 40 hex digits")
                for pair in page.pairs.joined() {
                    require(page.cves.indices.contains(Int(pair.cve)), "a CVE of the page")
                    require(
                        pair.software == -1 || page.software.indices.contains(Int(pair.software)),
                        "a software of the page")
                }
                _ = page.fingerprint
            }
            if let page = try? VulnerabilityChangeRows.decode(bytes) {
                require(page.changes.count + page.skipped.count == page.rowsRead, "every row is kept or skipped")
                var changes = FindingChanges()
                for change in page.changes { changes.add(change) }
                let once = changes.applied(to: [])
                require(changes.applied(to: once) == once, "changes applied twice change nothing more")
            }
            _ = try? CVEPage.decode(bytes)
            if let token = SkipToken.token(in: String(decoding: bytes, as: UTF8.self)) {
                require((1...SkipToken.bytesMax).contains(token.utf8.count), "a bounded token")
            }
        },
        FuzzTarget(name: "defender-errors") { bytes in
            if let error = ErrorBody(bytes) {
                let detail = error.detail(SafeText(hiding: ["secret"]))
                require(!showsSecret(detail), "no secret is shown")
                require(isOneLine(detail), "one line without control characters")
                require(detail.unicodeScalars.count < 520, "short")
            }
            if let answer = TokenAnswer(bytes) {
                require((0...86_400).contains(answer.lifetimeSeconds), "a token lives for at most a day")
                _ = TokenClaims(token: answer.accessToken)
            }
            _ = TokenClaims(token: String(decoding: bytes, as: UTF8.self))
            for status in [200, 403] {
                _ = ProbeAnswer(OutboundResponse(status: status, head: HeaderBlock(), body: bytes, seconds: 0))
            }
        },
    ]

    private static let asked = AskedMachines(
        ["0", "a"].compactMap { MachineID(String(repeating: $0, count: 40)) })

    private static func isMachineID(_ id: MachineID) -> Bool {
        id.text.utf8.count == 40 && id.text.utf8.allSatisfy { Character(Unicode.Scalar($0)).isHexDigit }
    }
}

/// Whether the bytes of the secret that the targets name are there, whatever characters they are part of.
func showsSecret(_ text: String) -> Bool {
    text.unicodeScalars.contains("secret".unicodeScalars)
}

func isOneLine(_ text: String) -> Bool {
    !text.unicodeScalars.contains { scalar in
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }
}
