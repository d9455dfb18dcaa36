/**
 * Random tables with keys of every type, and rows that are hard to tell apart or far away from each other.
 */
import type { ServerPrograms } from "@sluice/testing"
import { FastCheck as fc } from "effect"

export interface KeyedTable {
  readonly create: string
  readonly inserts: ReadonlyArray<string>
  /** How `ORDER BY` sorts rows by the key that the table is cut along; empty if there is no such key. */
  readonly order: string
  /** Whether the rows of a chunk come in that order too. */
  readonly ordered: boolean
  /** Whether the table can be cut between any two rows. */
  readonly cut: boolean
  /** Whether it is cut by walking along values that can all be written down exactly. */
  readonly walked: boolean
}

interface Column {
  readonly type: string
  readonly value: fc.Arbitrary<string>
  /** Whether its values can be written down exactly. */
  readonly exact: boolean
}

const column = (type: string, value: fc.Arbitrary<string>, exact = true): Column => ({ type, value, exact })

const integer = (type: string, least: bigint, most: bigint): Column =>
  column(
    type,
    fc.oneof(
      fc.bigInt({ min: least < 0n ? -5n : 0n, max: 20n }),
      fc.constantFrom(least, most, most - 1n),
      fc.bigInt({ min: least, max: most })
    ).map(String)
  )

/** Letters that collations fold, expand, contract, skip or do not know, and ends of ranges. */
const letters = [
  ..."aAbBcChHzZsSiInN019 _~'\\\"`",
  ..."áÁäÄâçČčéèßñÑøØæÆłıİžÿþÐ",
  ..."αΩЖя中文字あアｱ가ไก😀𝒳\u0301\u0000\t\u00a0\u200b\uffff",
  "ch",
  "CH",
  "ll",
  "dz",
  "ss",
  "  "
]

const text = fc.oneof(
  fc.array(fc.constantFrom(...letters), { maxLength: 3 }),
  fc.array(fc.constantFrom("a", "A", "á", " ", "b"), { maxLength: 3 })
).map((parts) => parts.join(""))

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex")

const texts = (charset: string, collation: string): ReadonlyArray<Column> =>
  ["VARCHAR(12)", "CHAR(6)"].map((type) =>
    column(
      `${type} CHARACTER SET ${charset} COLLATE ${collation}`,
      text.map((text) => `CONVERT(_utf8mb4 X'${hex(Buffer.from(text))}' USING ${charset})`),
      // MariaDB compares these without their spaces, and indexes them with.
      !(type.startsWith("CHAR") && collation.includes("_nopad_"))
    )
  )

const bytes = (type: string): Column =>
  column(
    type,
    fc.oneof(
      fc.uint8Array({ maxLength: 8 }),
      fc.array(fc.constantFrom(0, 1, 0x20, 0x7f, 0xfe, 0xff), { maxLength: 4 }).map((list) => Uint8Array.from(list))
    ).map((bytes) => `X'${hex(bytes)}'`)
  )

const times = (type: string, first: string, last: string, ...others: ReadonlyArray<string>): Column =>
  column(
    type,
    fc.oneof(
      fc.constantFrom(first, last, ...others),
      fc.integer({ min: 1, max: 28 }).map((day) => `2020-10-${String(day).padStart(2, "0")} 02:30:00`),
      fc.integer({ min: 0, max: 60 }).map((second) => `2020-10-25 01:59:${String(second % 60).padStart(2, "0")}.5`)
    ).map((value) => `'${value}'`)
  )

const common: ReadonlyArray<readonly [charset: string, collation: string]> = [
  ["utf8mb4", "utf8mb4_general_ci"],
  ["utf8mb4", "utf8mb4_bin"],
  ["utf8mb4", "utf8mb4_unicode_ci"],
  ["utf8mb4", "utf8mb4_czech_ci"],
  ["utf8mb4", "utf8mb4_spanish2_ci"],
  ["utf8mb4", "utf8mb4_unicode_520_ci"],
  ["utf8mb3", "utf8mb3_general_ci"],
  ["latin1", "latin1_swedish_ci"],
  ["latin1", "latin1_bin"],
  ["latin1", "latin1_german2_ci"],
  ["latin2", "latin2_czech_cs"],
  ["cp1250", "cp1250_czech_cs"],
  ["sjis", "sjis_japanese_ci"],
  ["ujis", "ujis_japanese_ci"],
  ["gbk", "gbk_chinese_ci"],
  ["big5", "big5_bin"],
  ["tis620", "tis620_thai_ci"],
  ["ucs2", "ucs2_general_ci"],
  ["utf16", "utf16_unicode_ci"],
  ["utf16le", "utf16le_general_ci"],
  ["utf32", "utf32_bin"],
  ["ascii", "ascii_general_ci"]
]

const ofVendor: { readonly [A in ServerPrograms.Vendor]: typeof common } = {
  mysql: [
    ["utf8mb4", "utf8mb4_0900_ai_ci"],
    ["utf8mb4", "utf8mb4_0900_as_cs"],
    ["utf8mb4", "utf8mb4_0900_bin"],
    ["utf8mb4", "utf8mb4_cs_0900_ai_ci"],
    ["utf8mb4", "utf8mb4_es_trad_0900_ai_ci"],
    ["utf8mb4", "utf8mb4_ja_0900_as_cs_ks"],
    ["utf8mb4", "utf8mb4_zh_0900_as_cs"],
    ["gb18030", "gb18030_chinese_ci"]
  ],
  mariadb: [
    ["utf8mb4", "utf8mb4_nopad_bin"],
    ["utf8mb4", "utf8mb4_unicode_nopad_ci"],
    ["utf8mb4", "utf8mb4_general_nopad_ci"],
    ["utf8mb4", "utf8mb4_croatian_ci"],
    ["utf8mb4", "utf8mb4_myanmar_ci"],
    ["utf8mb4", "utf8mb4_uca1400_ai_ci"],
    ["utf8mb4", "utf8mb4_uca1400_czech_as_cs"],
    ["latin1", "latin1_swedish_nopad_ci"]
  ]
}

const integers = [
  integer("TINYINT", -128n, 127n),
  integer("INT", -(2n ** 31n), 2n ** 31n - 1n),
  integer("BIGINT", -(2n ** 63n), 2n ** 63n - 1n),
  integer("BIGINT UNSIGNED", 0n, 2n ** 64n - 1n)
]

const others = [
  bytes("VARBINARY(8)"),
  bytes("BINARY(5)"),
  times("DATE", "0000-00-00", "9999-12-31", "2020-00-00", "2020-02-00", "2020-02-30", "1000-01-01"),
  times("DATETIME(6)", "0000-00-00 00:00:00", "9999-12-31 23:59:59.999999", "2020-02-30 00:00:00.000001"),
  times("DATETIME", "1000-01-01 00:00:00", "9999-12-31 23:59:59", "2021-03-28 02:30:00"),
  times("TIMESTAMP(3)", "1970-01-01 00:00:01", "2038-01-19 03:14:07", "0000-00-00 00:00:00", "2021-03-28 02:30:00"),
  column(
    "TIME(3)",
    fc.oneof(
      fc.constantFrom("-838:59:59", "838:59:59", "-00:00:00.5", "00:00:00", "00:00:00.001"),
      fc.integer({ min: -800, max: 800 }).map((hours) => `${hours}:00:00`)
    ).map((value) => `'${value}'`)
  ),
  column("YEAR", fc.oneof(fc.constant(0), fc.integer({ min: 1901, max: 2155 })).map((year) => `'${year || "0000"}'`)),
  column(
    "DECIMAL(30,10)",
    fc.oneof(
      fc.constantFrom("-99999999999999999999.9999999999", "99999999999999999999.9999999999", "0.0000000001"),
      fc.integer({ min: -20, max: 20 }).map((n) => `${n}.5`),
      fc.bigInt({ min: 10n ** 17n, max: 10n ** 19n }).map(String)
    )
  )
]

/** What only MariaDB has. */
const ofMariadb = [
  column(
    "UUID",
    fc.oneof(
      fc.uuid({ version: [1, 4, 7] }),
      fc.uuid({ version: 1 }).map((uuid) => `0000000${uuid.slice(7)}`),
      fc.constantFrom("00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff")
    ).map((uuid) => `'${uuid}'`)
  ),
  column("INET6", fc.oneof(fc.ipV6(), fc.ipV4().map((ip) => `::ffff:${ip}`), fc.constant("::")).map((ip) => `'${ip}'`)),
  column("INET4", fc.ipV4().map((ip) => `'${ip}'`))
]

/** Their indexes are in another order than their literals, or their literals are not exact. */
const inexact = [
  column("ENUM('b', 'a', 'C', 'é')", fc.constantFrom("'a'", "'b'", "'C'", "'é'"), false),
  column("SET('b', 'a', 'c')", fc.constantFrom("''", "'a'", "'b,c'", "'c'", "'a,b'"), false),
  column("FLOAT", fc.float({ noNaN: true, noDefaultInfinity: true, min: -1000, max: 1000 }).map(String), false),
  column("DOUBLE", fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e300, max: 1e300 }).map(String), false),
  column("BIT(9)", fc.integer({ min: 0, max: 511 }).map(String), false)
]

interface Shape {
  readonly columns: ReadonlyArray<Column>
  readonly kind: "primary" | "unique" | "nullable" | "plain" | "none"
  readonly descending: ReadonlyArray<boolean>
  readonly engine: "InnoDB" | "MyISAM"
  readonly partitions: "no" | "key" | "sub"
}

const tableOf = (shape: Shape, rows: ReadonlyArray<ReadonlyArray<string>>): KeyedTable => {
  const { columns, kind, partitions } = shape
  const innodb = shape.engine === "InnoDB"
  const names = columns.map((_, i) => `\`k ${i}\``)
  const definitions = columns.map((column, i) =>
    `${names[i] ?? ""} ${column.type} ${kind === "nullable" ? "NULL" : "NOT NULL"}`
  )
  const down = (i: number) => innodb && shape.descending[i] === true
  const list = names.map((name, i) => `${name}${down(i) ? " DESC" : ""}`).join(", ")
  const keys = kind === "primary"
    ? [`PRIMARY KEY (${list})`]
    : kind === "none"
    ? []
    : [`${kind === "plain" ? "" : "UNIQUE "}KEY \`the \`\`key\` (${list})`]
  const keyed = kind === "primary" || kind === "unique"
  // A unique key has to hold the columns that rows are told apart by for partitions.
  const sub = "PARTITION BY RANGE (m) SUBPARTITION BY HASH (m) SUBPARTITIONS 2 " +
    "(PARTITION `p'0` VALUES LESS THAN (3), PARTITION `p``1` VALUES LESS THAN (30), PARTITION pé VALUES LESS THAN MAXVALUE)"
  const parted = !innodb || partitions === "no"
    ? ""
    : keyed
    ? ` PARTITION BY KEY (${names[0] ?? ""}) PARTITIONS 3`
    : kind === "nullable"
    ? ""
    : partitions === "key"
    ? " PARTITION BY KEY (n) PARTITIONS 5"
    : ` ${sub}`
  const first = columns[0]?.exact === true
  return {
    create: `CREATE TABLE t (n VARCHAR(20) CHARACTER SET ascii NOT NULL, m INT NOT NULL, ${
      [...definitions, ...keys].join(", ")
    }) ENGINE = ${shape.engine}${parted}`,
    inserts: [
      `INSERT IGNORE INTO t VALUES ${
        rows.map((row, i) => `('#${i}#', ${i}, ${row.slice(0, columns.length).join(", ")})`).join(", ")
      }`
    ],
    order: keyed && (first || parted === "")
      ? names.map((name, i) => `${name}${down(i) !== down(0) ? " DESC" : ""}`).join(", ")
      : "",
    ordered: kind === "primary" && innodb && parted === "",
    cut: keyed && columns.every((column) => column.exact),
    walked: keyed && columns.every((column) => column.exact) && !/INT/.test(columns[0]?.type ?? "") &&
      !rows.flat().some((value) => value.includes("02-30"))
  }
}

export const arbitraryTable = (vendor: ServerPrograms.Vendor): fc.Arbitrary<KeyedTable> => {
  const strings = [...common, ...ofVendor[vendor]].flatMap(([charset, collation]) => texts(charset, collation))
  const any = fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom(...strings) },
    { weight: 3, arbitrary: fc.constantFrom(...others, ...(vendor === "mariadb" ? ofMariadb : [])) },
    { weight: 2, arbitrary: fc.constantFrom(...integers) },
    { weight: 1, arbitrary: fc.constantFrom(...inexact) }
  )
  const few = fc.constantFrom(
    column("INT", fc.constantFrom("-1", "7")),
    column("CHAR(1) CHARACTER SET latin1", fc.constantFrom("'a'", "'A'", "'b'"))
  )
  const columns = fc.oneof(
    fc.array(any, { minLength: 1, maxLength: 3 }),
    fc.tuple(few, fc.array(any, { minLength: 1, maxLength: 2 })).map(([first, others]) => [first, ...others]),
    fc.tuple(few, fc.constantFrom(...integers), any).map((all) => all)
  )
  const shape = columns.chain((columns) =>
    fc.record<Shape>({
      columns: fc.constant(columns),
      kind: fc.constantFrom("primary", "primary", "primary", "unique", "nullable", "plain", "none"),
      descending: fc.oneof(fc.constant([]), fc.array(fc.boolean(), { minLength: 3, maxLength: 3 })),
      engine: fc.constantFrom("InnoDB", "InnoDB", "InnoDB", "MyISAM"),
      partitions: fc.constantFrom("no", "no", "key", "sub")
    })
  )
  return shape.chain((shape) =>
    fc.array(fc.tuple(...shape.columns.map((column) => column.value)), { minLength: 1, maxLength: 60, size: "max" })
      .map((rows) => tableOf(shape, rows))
  )
}
