import Foundation

/// What parsed JSON leaves unclear: Foundation lets 1 pass for true and true for 1.
public enum JSONNumber {
    public static func isBoolean(_ value: Any) -> Bool {
        guard let number = value as? NSNumber else { return false }
        return String(cString: number.objCType) == "c"
    }
}
