import Foundation

/// One kind of outside bytes, and what must hold whatever they are.
struct FuzzTarget: Sendable {
    let name: String
    /// Ends the process where something does not hold; libFuzzer then keeps the bytes.
    let run: @Sendable ([UInt8]) -> Void

    static let all = defender + car + control + core + sandbox
}

/// A rule that holds for every input.
func require(_ holds: Bool, _ rule: @autoclosure () -> String) {
    if !holds { fatalError(rule()) }
}

private let target: FuzzTarget = {
    let name = getenv("FUZZ_TARGET").map { String(cString: $0) }
    guard let target = FuzzTarget.all.first(where: { $0.name == name }) else {
        // The list is what scripts/fuzz asks for.
        FileHandle.standardOutput.write(Data(FuzzTarget.all.map { $0.name + "\n" }.joined().utf8))
        _exit(2)
    }
    return target
}()

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    target.run(Array(UnsafeBufferPointer(start: bytes, count: count)))
    return 0
}
