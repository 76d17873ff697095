import ConnectorCore
import Foundation

/// The adapters of a machine as one column of the work list: JSON.
enum StoredAdapters {
    static func text(_ adapters: [NetworkAdapter]) -> String {
        // Texts and whole numbers: there is nothing that can't be encoded.
        let bytes = (try? JSONEncoder().encode(adapters)) ?? Data("[]".utf8)
        return String(decoding: bytes, as: UTF8.self)
    }

    static func adapters(_ text: String) -> [NetworkAdapter]? {
        try? JSONDecoder().decode([NetworkAdapter].self, from: Data(text.utf8))
    }
}
