/// Names of PostgreSQL's built-in types by their object ids (pg_type.dat), as far as our tables use them or could.
enum PgTypes {
    private static let names: [UInt32: String] = [
        16: "bool", 17: "bytea", 19: "name", 20: "int8", 21: "int2", 23: "int4", 25: "text", 26: "oid", 114: "json",
        700: "float4", 701: "float8", 869: "inet", 1000: "_bool", 1005: "_int2", 1007: "_int4", 1009: "_text",
        1015: "_varchar", 1016: "_int8", 1021: "_float4", 1022: "_float8", 1042: "bpchar", 1043: "varchar",
        1082: "date", 1083: "time", 1114: "timestamp", 1184: "timestamptz", 1185: "_timestamptz", 1186: "interval",
        1266: "timetz", 1700: "numeric", 2950: "uuid", 2951: "_uuid", 3614: "tsvector", 3802: "jsonb",
        3910: "tstzrange",
    ]

    /// What is not listed is shown as text.
    static func name(_ id: UInt32) -> String { names[id] ?? "text" }
}
