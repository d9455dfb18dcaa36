/**
 * Columns of every type with values at their limits, and how to look at what is stored without what a dump uses.
 */
import type { ServerPrograms } from "@sluice/testing"

/** Expressions over the column `v` that show all of what is stored in it. */
const shows = {
  /** Its text, which is exact. */
  text: ["CAST(v AS CHAR)"],
  /** Its bytes, as they are stored, and its character set. */
  bytes: ["HEX(v)", "LENGTH(v)", "CHARSET(v)"],
  /** The bits of the number: a point holds them as they are. */
  float: ["HEX(ST_AsBinary(POINT(v, 0)))"],
  moment: ["UNIX_TIMESTAMP(v)", "CAST(v AS CHAR)"],
  member: ["v + 0", "HEX(v)"],
  bits: ["HEX(v)", "BIN(v)"],
  geometry: ["HEX(ST_AsWKB(v))", "ST_SRID(v)", "ST_AsText(v)"],
  json: ["HEX(CAST(v AS CHAR))", "JSON_TYPE(v)", "JSON_LENGTH(v)"]
} as const

export interface Kind {
  readonly type: string
  /** SQL expressions, as a lenient session takes them. */
  readonly values: ReadonlyArray<string>
  readonly show: ReadonlyArray<string>
  /** Whether the column can be a key: as a whole, by its first bytes, or not. */
  readonly key: "whole" | "prefix" | "none"
}

type Shown = keyof typeof shows

const kind = (
  type: string,
  show: Shown,
  values: ReadonlyArray<string>,
  key: Kind["key"] = "whole"
): Kind => ({ type, values, show: shows[show], key })

const hex = (bytes: Iterable<number>): string => `X'${Buffer.from(Uint8Array.from(bytes)).toString("hex")}'`

const integers = (["tinyint", "smallint", "mediumint", "int", "bigint"] as const).flatMap((type, i) => {
  const bits = [8n, 16n, 24n, 32n, 64n][i] ?? 0n
  const most = 2n ** (bits - 1n)
  return [
    kind(type, "text", [`-${most}`, `${most - 1n}`, "0", "-1", "1"]),
    kind(`${type} unsigned`, "text", ["0", `${2n * most - 1n}`, `${most}`, `${most - 1n}`]),
    kind(`${type}(7) zerofill`, "text", ["0", "1", `${2n * most - 1n}`])
  ]
})

const nines = (digits: number, scale: number) => `${"9".repeat(digits - scale)}.${"9".repeat(scale)}`

const decimals = [
  kind("decimal(65,30)", "text", [
    nines(65, 30),
    `-${nines(65, 30)}`,
    `0.${"0".repeat(29)}1`,
    `-0.${"0".repeat(29)}1`,
    "0",
    "-0.0",
    "9007199254740993.5"
  ]),
  kind("decimal(65,0)", "text", ["9".repeat(65), `-${"9".repeat(65)}`, "0"]),
  kind("decimal(30,30)", "text", [`0.${"9".repeat(30)}`, `-0.${"9".repeat(30)}`, "0"]),
  kind("decimal(10,2) unsigned zerofill", "text", ["0", "0.01", "99999999.99"])
]

const singles = [
  "0e0",
  "-0e0",
  "1e0",
  "-1e0",
  "3.4028234663852886e38",
  "-3.4028234663852886e38",
  "1.17549435e-38",
  "1.401298464324817e-45",
  "-1.401298464324817e-45",
  "4.203895392974451e-45",
  "16777217e0",
  "16777216e0",
  "0.1e0",
  "123456.789e0",
  "9.999999e0",
  "1e-5"
]
const doubles = [
  "0e0",
  "-0e0",
  "1.7976931348623157e308",
  "-1.7976931348623157e308",
  "2.2250738585072014e-308",
  "5e-324",
  "-5e-324",
  "1.5e-323",
  "4.4501477170144023e-308",
  "0.1e0",
  "0.30000000000000004e0",
  "9007199254740993e0",
  "1e15",
  "1e16",
  "123456789012345680e0",
  "1.7976931348623155e308",
  "8.5e-5",
  "1e21",
  "1e-7"
]

const floats = [
  kind("float", "float", singles),
  kind("float(24)", "float", singles),
  kind("float(53)", "float", doubles),
  kind("double", "float", doubles),
  kind("float unsigned", "float", ["0e0", "-0e0", "3.4028234663852886e38", "1.401298464324817e-45"]),
  kind("double unsigned zerofill", "float", ["0e0", "1.7976931348623157e308", "5e-324", "0.1e0"]),
  kind("float(7,2)", "float", ["99999.99", "-99999.99", "0.01", "1.235", "-0e0", "12345.67", "99999.98", "3.3"]),
  kind("float(7,4) zerofill", "float", ["0", "1.5", "999.9999", "0.0001"]),
  kind("float(30,0)", "float", ["1e29", "123456789", "16777216"]),
  kind("float(255,30)", "float", ["3.4028234663852886e38", "1e-30", "0.1", "-1.5", "1e10"]),
  kind("double(15,3)", "float", ["999999999999.999", "-999999999999.999", "0.001", "-0e0", "123456789.1235"]),
  kind("double(255,0)", "float", ["1e254", "-1e200", "1e66", "123456789012345680e0", "9007199254740991"]),
  kind("double(255,30)", "float", [
    "1e100",
    "0.1",
    "1e-30",
    "-0.3",
    "123456789.123456789",
    "0.30000000000000004e0",
    "1e15",
    "1e40"
  ]),
  kind("double(22,5) zerofill", "float", ["0", "1.5", "12345678901.12345"])
]

const dates = ["0000-00-00", "2024-00-00", "2024-02-00", "0000-01-01", "1000-01-01", "9999-12-31", "2023-02-31"]
  .map((date) => `'${date}'`)
const moments = [
  "0000-00-00 00:00:00",
  "2024-00-00 01:02:03.999999",
  "2024-02-00 00:00:00.000001",
  "1000-01-01 00:00:00",
  "9999-12-31 23:59:59.999999",
  "2024-02-29 12:34:56.789012",
  "2024-03-31 02:30:00"
].map((moment) => `'${moment}'`)
const times = [
  "838:59:59",
  "-838:59:59",
  "838:59:59.999999",
  "-838:59:58.999999",
  "00:00:00",
  "-00:00:00.000001",
  "00:00:00.000001",
  "-00:59:59.5",
  "23:59:59.999999",
  "100:00:00"
].map((time) => `'${time}'`)
/** In the session's own time zone, UTC. In Berlin clocks went forward in March and back in October. */
const stamps = [
  "0000-00-00 00:00:00",
  "1970-01-01 00:00:01",
  "2038-01-19 03:14:07",
  "2024-03-31 00:59:59.999999",
  "2024-03-31 01:00:00",
  "2024-10-27 00:30:00",
  "2024-10-27 01:30:00",
  "2024-10-27 00:59:59.999999",
  "2024-10-27 01:00:00",
  "2024-07-01 12:00:00.5"
].map((stamp) => `'${stamp}'`)

const temporals = [
  kind("date", "text", dates),
  ...[0, 3, 6].flatMap((digits) => [
    kind(`datetime(${digits})`, "text", moments),
    kind(`time(${digits})`, "text", times),
    kind(`timestamp(${digits})`, "moment", stamps)
  ]),
  kind("year", "text", ["0000", "1901", "2155", "1999", "2024"])
]

const bits = [1, 7, 8, 9, 12, 32, 63, 64].map((bits) =>
  kind(
    `bit(${bits})`,
    "bits",
    ["b'0'", "b'1'", `b'${"1".repeat(bits)}'`, `b'1${"0".repeat(bits - 1)}'`, hex([0x27, 0x5c, 0x22, 0x0a, 0, 0x1a])]
  )
)

const members = [
  // the value that a server keeps for what is no member, index 0
  kind("enum('a','b')", "member", ["'a'", "'b'", "'nothing'"]),
  kind("enum('','a','0')", "member", ["''", "'a'", "'0'", "3", "'nothing'", "2"]),
  kind("enum('0','00','0000','1','2')", "member", ["'0'", "'00'", "'0000'", "'nothing'", "'1'"]),
  kind("enum('it''s','a,b','\"','back\\\\slash','per%','2','1','３','٠','x0')", "member", [
    "'it''s'",
    "'a,b'",
    "'\"'",
    "'back\\\\slash'",
    "'2'",
    "'1'",
    "1",
    "8",
    "9",
    "'nothing'"
  ]),
  // members that a lenient session lets be the same
  kind("enum('a','A','?','b','?','a ')", "member", ["1", "2", "3", "4", "5", "6", "'nothing'"]),
  kind("enum('ä','A','a','7') CHARACTER SET ucs2", "member", ["1", "2", "3", "4", "'nothing'"]),
  kind("enum('a','b') CHARACTER SET utf16le", "member", ["'a'", "'b'", "'nothing'"]),
  kind("enum('ä','ß','0') CHARACTER SET ucs2", "member", ["'ä'", "'ß'", "'0'", "'nothing'"]),
  kind("enum('é','e') CHARACTER SET latin1 COLLATE latin1_bin", "member", ["'é'", "'e'", "'nothing'"]),
  kind("set('a','it''s','\"','back\\\\slash','')", "member", ["''", "'a'", "'it''s,\"'", "31", "16", "'nothing'", "0"]),
  kind(`set(${Array.from({ length: 64 }, (_, i) => `'m${i}'`).join(",")})`, "member", [
    "''",
    "'m0'",
    "'m63'",
    "18446744073709551615",
    "9223372036854775808"
  ]),
  kind("set('1','2','16','') CHARACTER SET utf16le", "member", ["''", "'1'", "8", "9", "4", "0"]),
  kind("set('ä','ß') CHARACTER SET utf32", "member", ["''", "'ä'", "'ß,ä'"])
]

const everyByte = Array.from({ length: 256 }, (_, byte) => byte)
const binaries = [
  "''",
  hex([0]),
  hex([0, 0]),
  hex([0x20]),
  hex([0x61, 0x20]),
  hex([0x61, 0x00]),
  hex([0x61]),
  hex([0x5c]),
  hex([0x5c, 0x4e]),
  "'NULL'",
  "'\\\\N'",
  "'\\n-- x.sql 10\\n'",
  "'\\n-- metadata 5\\nhello'",
  "';\\n'",
  "'; \\n'",
  "');\\n-- '",
  "'%_\\\\%\\\\_'",
  hex([0xff, 0xfe])
]

const strings = [
  kind("binary(4)", "bytes", binaries.map((value) => `LEFT(${value}, 4)`)),
  kind("varbinary(300)", "bytes", [...binaries, hex(everyByte), hex(everyByte.toReversed())]),
  ...["tinyblob", "blob", "mediumblob", "longblob"].map((type) =>
    kind(
      type,
      "bytes",
      [...binaries, hex(everyByte.slice(1)), type === "tinyblob" ? "'x'" : "REPEAT(X'275c', 20000)"],
      "prefix"
    )
  ),
  kind("char(0)", "bytes", ["''"], "none"),
  kind("varchar(300)", "bytes", [...binaries.filter((value) => !/fffe/.test(value)), "'ÀÉ🎈'", "'ae'"]),
  kind("char(30)", "bytes", ["''", "' '", "'a'", "'a '", "' a'", "'NULL'", "X'6100'", "';\\n'"]),
  kind("longtext", "bytes", [...binaries.filter((value) => !/fffe/.test(value)), "REPEAT('\\'é', 50000)"], "prefix")
]

const geometries = [
  kind("geometry", "geometry", [
    "ST_GeomFromText('POINT(1.5 -0.1)')",
    "ST_GeomFromText('POINT(1e-300 1.7e308)')",
    "ST_GeomFromText('LINESTRING(0 0, 1 1, 2 -3)')",
    "ST_GeomFromText('POLYGON((0 0, 10 0, 10 10, 0 10, 0 0), (1 1, 2 1, 2 2, 1 2, 1 1))')",
    "ST_GeomFromText('MULTIPOINT((1 1), (2 2))')",
    "ST_GeomFromText('MULTILINESTRING((0 0, 1 1), (2 2, 3 3))')",
    "ST_GeomFromText('MULTIPOLYGON(((0 0, 1 0, 1 1, 0 0)))')",
    "ST_GeomFromText('GEOMETRYCOLLECTION(POINT(1 1), LINESTRING(0 0, 1 1))')",
    "ST_GeomFromText('GEOMETRYCOLLECTION EMPTY')",
    "ST_GeomFromText('GEOMETRYCOLLECTION(GEOMETRYCOLLECTION EMPTY, POINT(1 2))')",
    "ST_GeomFromText('POINT(48.1 11.5)', 4326)",
    "ST_GeomFromText('POLYGON((0 0, 0 10, 10 10, 10 0, 0 0))', 4326)",
    "ST_GeomFromText('POINT(3 4)', 3857)"
  ], "none"),
  kind("point", "geometry", ["POINT(0, -0e0)", "POINT(39, 92)", "ST_GeomFromText('POINT(1 2)', 4326)"], "none"),
  kind("geometrycollection", "geometry", ["ST_GeomFromText('GEOMETRYCOLLECTION EMPTY')"], "none")
]

const documents = [
  "{}",
  "[]",
  "null",
  "true",
  "\"\"",
  "0",
  "-0.0",
  "1.0",
  "1e400",
  "1e308",
  "0.1",
  "1.10",
  "9007199254740993",
  "18446744073709551615",
  "-9223372036854775808",
  "123456789012345678901234567890",
  "5e-324",
  "{\"b\": 1, \"a\": 2, \"aa\": 3, \"b\": 4}",
  "{\"\": \"\\\\\", \"it's\": \"\\u0000\\n\\\"\", \"é🎈\": [1, [2, {}]]}",
  "\"\\\\N\"",
  " [ 1 ,\t2 ] "
].map((document) => `'${document.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`)

const vector = (values: ReadonlyArray<number>): string => hex(new Uint8Array(Float32Array.from(values).buffer))

const uuids = [
  "00000000-0000-0000-0000-000000000000",
  "ffffffff-ffff-ffff-ffff-ffffffffffff",
  "123e4567-e89b-12d3-a456-426614174000",
  "0190a3c1-2f5b-7c4d-8e9f-0a1b2c3d4e5f",
  "275c0a22-001a-4d4e-8f27-5c0a2200271a",
  "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
].map((uuid) => `'${uuid}'`)

/** What one vendor has alone. */
const own: { readonly [V in ServerPrograms.Vendor]: (major: number) => ReadonlyArray<Kind> } = {
  mysql: () => [
    { ...kind("json", "json", documents.filter((document) => !document.includes("1e400")), "none") },
    kind("point SRID 4326", "geometry", ["ST_GeomFromText('POINT(48.1 11.5)', 4326)"], "none"),
    {
      ...kind("vector(3)", "bytes", [vector([0, -0, 1]), vector([3.4e38, 1e-45, 0.1])], "none"),
      show: ["HEX(v)"]
    }
  ],
  mariadb: (major) => [
    kind("json", "bytes", documents, "none"),
    kind("uuid", "text", uuids),
    kind("inet4", "text", ["'0.0.0.0'", "'255.255.255.255'", "'39.92.10.34'", "'127.0.0.1'"]),
    kind("inet6", "text", ["'::'", "'::1'", "'ffff::275c:a22'", "'::ffff:192.0.2.1'", "'2001:db8::275c'"]),
    kind("varchar(100) COMPRESSED", "bytes", ["''", "'a'", "REPEAT('ab', 50)"], "none"),
    kind("blob COMPRESSED", "bytes", ["''", "REPEAT(X'275c', 5000)", hex(everyByte)], "none"),
    ...(major >= 11
      ? [
        {
          ...kind("vector(3)", "bytes", [vector([0, -0, 1]), vector([3.4e38, 1e-45, 0.1])], "none"),
          show: ["HEX(v)"]
        },
        kind("timestamp(1)", "moment", ["'2038-01-19 03:14:08'", "'2106-02-07 06:28:15.9'"])
      ]
      : [])
  ]
}

/** All types that a server has, with their values. */
export const kindsOf = (vendor: ServerPrograms.Vendor, major: number): ReadonlyArray<Kind> => [
  ...integers,
  ...decimals,
  ...floats,
  ...temporals,
  ...bits,
  ...members,
  ...strings,
  ...geometries,
  ...own[vendor](major)
]

/** Character sets whose bytes are not what they seem; the others have one byte for each character, or are alike. */
export const peculiar: ReadonlySet<string> = new Set([
  "ascii",
  "big5",
  "binary",
  "cp932",
  "eucjpms",
  "gb18030",
  "gbk",
  "latin1",
  "sjis",
  "ucs2",
  "utf16",
  "utf16le",
  "utf32",
  "utf8mb3",
  "utf8mb4"
])

const sample = "aZ 09 \\ ' \" ` Grüße ÀÉÎ Ωж 表ソ能 許功蓋 한글 日本語 ﾊﾝｶｸ € 🎈 ไทย"

const leads = [0x81, 0x83, 0x8e, 0x8f, 0x95, 0xa5, 0xb0, 0xd8, 0xfe, 0xff]
const trails = [0x00, 0x0a, 0x22, 0x27, 0x40, 0x5c, 0x60, 0x7c, 0x80, 0xa1, 0xfe]

/** Values for a column of a character set: text, and bytes of which the server takes what it takes. */
export const textsIn = (charset: string): ReadonlyArray<string> => [
  "''",
  ...(charset === "binary" ? [] : [`CONVERT(_utf8mb4 ${hex(Buffer.from(sample))} USING ${charset})`]),
  ...everyByte.map((byte) => hex([byte])),
  ...leads.flatMap((lead) => trails.map((trail) => hex([lead, trail]))),
  ...leads.flatMap((lead) => trails.map((trail) => hex([trail, lead, 0x30, trail]))),
  hex([0x81, 0x30, 0x81, 0x30]),
  hex([0xd8, 0x3c, 0xdf, 0x88]),
  hex([0x3c, 0xd8, 0x88, 0xdf]),
  hex([0xd8, 0x00, 0x00, 0x41]),
  hex([0x00, 0x11, 0x00, 0x00]),
  hex([0xed, 0xa0, 0x80]),
  hex([0xf0, 0x9f, 0x8e, 0x88]),
  hex([0x00, 0x20, 0x00, 0x20]),
  hex([0x00, 0x5c, 0x00, 0x27, 0x00, 0x22])
]
