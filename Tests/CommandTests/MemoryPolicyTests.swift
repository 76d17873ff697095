import Foundation
import Testing

@testable import defender_car

@Suite struct `Memory that is given back` {
    @Test func `is code from files, and nothing that was written`() {
        let maps = """
            55d0a0e00000-55d0a0e10000 r-xp 00000000 fe:00 2250                       /opt/a name/defender-car
            55d0a0e10000-55d0a0e20000 r--p 00010000 fe:00 2250                       /opt/a name/defender-car
            55d0a0e20000-55d0a0e30000 rw-p 00020000 fe:00 2250                       /opt/a name/defender-car
            7f0000000000-7f0000001000 r-xp 00000000 00:00 0
            7f0000002000-7f0000003000 rwxp 00000000 fe:00 2251                       /usr/lib/patched.so
            7f0000004000-7f0000005000 r-xs 00000000 fe:00 2252                       /usr/lib/shared.so
            7f0000006000-7f0000008000 r-xp 00000000 fe:00 2253                       /usr/lib/libc.so.6
            7ffd00000000-7ffd00002000 r-xp 00000000 00:00 0                          [vdso]
            nonsense
            5-4 r-xp 0 0 0 /x
            """
        #expect(
            MemoryPolicy.codeRanges(maps: maps) == [
                0x55d0_a0e0_0000..<0x55d0_a0e1_0000, 0x7f00_0000_6000..<0x7f00_0000_8000,
            ])
    }

    @Test func `does not stop a program that goes on`() throws {
        let maps = try #require(try FileHandle(forReadingAtPath: "/proc/self/maps")?.readToEnd())
        // The program's own code and the libraries', which are more than one page of that file.
        #expect(MemoryPolicy.codeRanges(maps: String(decoding: maps, as: UTF8.self)).count > 10)
        MemoryPolicy.giveBack()
        #expect(try JSONDecoder().decode([Int].self, from: Data("[1, 2]".utf8)) == [1, 2])
    }
}
