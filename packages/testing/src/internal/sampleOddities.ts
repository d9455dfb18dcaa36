/**
 * The tables of the sample database that stay small: names and values at their limits.
 *
 * @internal
 */
import * as Sql from "@sluice/format/Sql"

import * as Words from "./sampleRandom.js"
import { hex, type Table, text, times } from "./sampleTable.js"

const giftCards: Table = {
  name: "gift cards",
  definition: () =>
    `(
  \`card no\` char(12) CHARACTER SET ascii NOT NULL,
  \`order\` bigint DEFAULT NULL,
  \`select\` varchar(30) NOT NULL DEFAULT 'a \\\\ and a '' and a "',
  \`valid.until\` date DEFAULT NULL,
  \`amount €\` decimal(6,2) DEFAULT NULL,
  UNIQUE KEY \`card no\` (\`card no\`),
  UNIQUE KEY \`one, or none\` (\`order\`,\`amount €\`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci`,
  columns: ["card no", "order", "select", "valid.until", "amount €"],
  rows: (random) =>
    times(40, (card) => [
      text(`C${String(card * 7919).padStart(8, "0")}`),
      card % 3 === 0 ? "NULL" : String(card),
      card % 5 === 0 ? "''" : text(Words.first(30, Words.sentence(random, 1, 2))),
      card % 4 === 0 ? "NULL" : text(Words.date(random, 2024, 2030)),
      card % 7 === 0 ? "NULL" : `${random.between(5, 500)}.00`
    ])
}

const priceList: Table = {
  name: "price.list",
  definition: () =>
    `(
  \`sku\` varchar(24) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  \`valid from\` datetime NOT NULL DEFAULT '2020-01-01 00:00:00',
  \`price\` decimal(10,2) NOT NULL,
  PRIMARY KEY (\`sku\`,\`valid from\`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci`,
  columns: ["sku", "valid from", "price"],
  rows: (random) =>
    ["", "lamp-00001", "LAMP-00001", "rope-00003", "rope-00003 b"].flatMap((sku) =>
      [2020, 2022, 2024].map((year) => [
        text(sku),
        text(`${year}-03-01 06:30:00`),
        `${random.between(1, 999)}.95`
      ])
    )
}

const knots: Table = {
  name: "knots`n`bends",
  definition: () =>
    `(
  \`id\` smallint NOT NULL AUTO_INCREMENT,
  \`\`\`name\`\`\` varchar(20) DEFAULT NULL,
  \`100%\` tinyint DEFAULT '-1',
  PRIMARY KEY (\`id\`)
) ENGINE=InnoDB AUTO_INCREMENT=77 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci COMMENT='back\`ticks'`,
  columns: ["id", "`name`", "100%"],
  // 0 is a key like any other, and not a wish for the next one
  rows: () => [
    ["-3", "'negative'", "NULL"],
    ["0", "'zero'", "0"],
    ["1", "'`bowline`'", "100"],
    ["9", "NULL", "-128"]
  ]
}

const heights: Table = {
  name: "größen",
  definition: (vendor) =>
    `(
  \`schlüssel\` varchar(30) NOT NULL,
  \`länge\` decimal(8,3) DEFAULT NULL,
  \`説明\` varchar(200) DEFAULT 'ohne – 説明 ⚓',
  PRIMARY KEY (\`schlüssel\`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=${vendor === "mysql" ? "utf8mb4_0900_as_cs" : "utf8mb4_bin"}`,
  columns: ["schlüssel", "länge", "説明"],
  rows: () => [
    ["''", "NULL", "NULL"],
    ["'a'", "0.001", "''"],
    ["'A'", "-0.001", "'🏴‍☠️ and 𝄞 are beyond three bytes'"],
    ["'o\u0301'", "1", "'o and a combining accent'"],
    ["'\u00e9'", "2", "'\ufeff a byte order mark, \ufffd, \u2028 and \u00a0'"],
    ["'👩‍👩‍👧‍👦'", "99999.999", "'семья'"]
  ]
}

const measures: Table = {
  name: "measures",
  definition: () =>
    `(
  \`what\` varchar(10) NOT NULL,
  \`tiny\` tinyint DEFAULT NULL,
  \`utiny\` tinyint unsigned DEFAULT NULL,
  \`small\` smallint DEFAULT NULL,
  \`usmall\` smallint unsigned DEFAULT NULL,
  \`medium\` mediumint DEFAULT NULL,
  \`umedium\` mediumint unsigned DEFAULT NULL,
  \`int\` int DEFAULT NULL,
  \`uint\` int unsigned DEFAULT NULL,
  \`big\` bigint DEFAULT NULL,
  \`ubig\` bigint unsigned DEFAULT NULL,
  \`exact\` decimal(65,30) DEFAULT NULL,
  \`single\` float DEFAULT NULL,
  \`twice\` double DEFAULT NULL,
  \`bits\` bit(64) DEFAULT NULL,
  \`flag\` bit(1) DEFAULT NULL,
  PRIMARY KEY (\`what\`)
) ENGINE=InnoDB DEFAULT CHARSET=ascii`,
  columns: [
    "what",
    "tiny",
    "utiny",
    "small",
    "usmall",
    "medium",
    "umedium",
    "int",
    "uint",
    "big",
    "ubig",
    "exact",
    "single",
    "twice",
    "bits",
    "flag"
  ],
  rows: () => [
    [
      "'least'",
      "-128",
      "0",
      "-32768",
      "0",
      "-8388608",
      "0",
      "-2147483648",
      "0",
      "-9223372036854775808",
      "0",
      `-${"9".repeat(35)}.${"9".repeat(30)}`,
      "-3.4028234663852886e38",
      "-1.7976931348623157e308",
      "b'0'",
      "b'0'"
    ],
    [
      "'most'",
      "127",
      "255",
      "32767",
      "65535",
      "8388607",
      "16777215",
      "2147483647",
      "4294967295",
      "9223372036854775807",
      "18446744073709551615",
      `${"9".repeat(35)}.${"9".repeat(30)}`,
      "3.4028234663852886e38",
      "1.7976931348623157e308",
      `b'${"1".repeat(64)}'`,
      "b'1'"
    ],
    [
      "'tiny'",
      "1",
      "1",
      "1",
      "1",
      "1",
      "1",
      "1",
      "1",
      "1",
      "1",
      `0.${"0".repeat(29)}1`,
      "1.17549435e-38",
      "2.2250738585072014e-308",
      "b'1'",
      "NULL"
    ],
    // digits that a shorter text would round, and a zero with a sign
    [
      "'exact'",
      "-1",
      "128",
      "-1",
      "32768",
      "-1",
      "8388608",
      "-1",
      "2147483648",
      "-9007199254740993",
      "9007199254740993",
      "0.1",
      "16777217e0",
      "0.30000000000000004",
      "b'1000000000000000000000000000000000000000000000000000000000000001'",
      "b'1'"
    ],
    ["'minus 0'", ...Array.from({ length: 10 }, () => "0"), "0", "-0e0", "-0e0", "b'0'", "b'0'"],
    ["'nothing'", ...Array.from({ length: 15 }, () => "NULL")]
  ]
}

const moments: Table = {
  name: "moments",
  definition: () =>
    `(
  \`id\` tinyint unsigned NOT NULL,
  \`day\` date DEFAULT NULL,
  \`at\` datetime DEFAULT NULL,
  \`exactly\` datetime(6) DEFAULT NULL,
  \`stamp\` timestamp(6) NULL DEFAULT NULL,
  \`clock\` time DEFAULT NULL,
  \`fine\` time(6) DEFAULT NULL,
  \`y\` year DEFAULT NULL,
  \`changed\` timestamp NOT NULL DEFAULT '2001-02-03 04:05:06' ON UPDATE CURRENT_TIMESTAMP,
  UNIQUE KEY \`id\` (\`id\`)
) ENGINE=InnoDB DEFAULT CHARSET=latin1`,
  columns: ["id", "day", "at", "exactly", "stamp", "clock", "fine", "y", "changed"],
  rows: () => [
    [
      "0",
      "'0000-00-00'",
      "'0000-00-00 00:00:00'",
      "'0000-00-00 00:00:00'",
      "'1970-01-01 00:00:01'",
      "'-838:59:59'",
      "'-838:59:59'",
      "'0000'",
      "'0000-00-00 00:00:00'"
    ],
    [
      "1",
      "'1000-01-01'",
      "'1000-01-01 00:00:00'",
      "'1000-01-01 00:00:00.000001'",
      "'2038-01-19 03:14:07.999999'",
      "'838:59:59'",
      "'-00:00:00.000001'",
      "'1901'",
      "'2024-03-31 02:30:00'"
    ],
    [
      "2",
      "'9999-12-31'",
      "'9999-12-31 23:59:59'",
      "'9999-12-31 23:59:59.999999'",
      "'2024-10-27 01:30:00.5'",
      "'00:00:00'",
      "'23:59:59.999999'",
      "'2155'",
      "'2024-10-27 02:30:00'"
    ],
    ["3", "'2024-00-00'", "'2024-02-00 12:00:00'", "NULL", "'2024-02-29 12:00:00'", "NULL", "NULL", "NULL", "DEFAULT"],
    ["255", ...Array.from({ length: 7 }, () => "NULL"), "'2020-01-01 00:00:00'"]
  ]
}

const everyByte = Uint8Array.from({ length: 256 }, (_, byte) => byte)

const bytes: Table = {
  name: "bytes",
  definition: () =>
    `(
  \`id\` binary(16) NOT NULL,
  \`fixed\` binary(4) NOT NULL DEFAULT 'abcd',
  \`short\` varbinary(300) DEFAULT NULL,
  \`tiny\` tinyblob,
  \`plain\` blob,
  \`large\` longblob,
  \`letters\` varchar(300) CHARACTER SET latin1 COLLATE latin1_bin DEFAULT NULL,
  PRIMARY KEY (\`id\`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci`,
  columns: ["id", "fixed", "short", "tiny", "plain", "large", "letters"],
  rows: (random) => {
    const id = () => hex(random.bytes(16))
    const every = hex(everyByte)
    const backwards = hex(everyByte.toReversed())
    // what one file of a stream ends with, and what another one starts with
    const frame = hex(Sql.bytes(";\n\n-- metadata 5\nhello\n-- shop.goods.00000.sql 0\n"))
    return [
      [hex(new Uint8Array(16)), hex(Uint8Array.of(0, 0, 0, 0)), "''", "''", "''", "''", "''"],
      [id(), hex(Uint8Array.of(255, 254, 0, 10)), every, hex(everyByte.subarray(1)), every, backwards, every],
      [id(), hex(Uint8Array.of(92, 39, 34, 0)), backwards, "NULL", backwards, every, backwards],
      [id(), "DEFAULT", frame, frame, frame, frame, frame],
      [id(), "DEFAULT", "NULL", "NULL", "NULL", hex(random.bytes(70_000)), "NULL"],
      [id(), "0x20202020", "0x2020", "0x00", "0x0a", hex(new Uint8Array(5000).fill(92)), "' x '"],
      [hex(new Uint8Array(16).fill(255)), "DEFAULT", "NULL", "NULL", "NULL", "NULL", "NULL"]
    ]
  }
}

const returns: Table = {
  name: "returns",
  definition: () =>
    `(
  \`id\` int NOT NULL AUTO_INCREMENT,
  \`order_id\` bigint NOT NULL,
  \`reason\` varchar(200) DEFAULT NULL,
  PRIMARY KEY (\`id\`),
  KEY \`order_id\` (\`order_id\`),
  CONSTRAINT \`return_order\` FOREIGN KEY (\`order_id\`) REFERENCES \`orders\` (\`id\`)
) ENGINE=InnoDB AUTO_INCREMENT=1000 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci COMMENT='nothing comes back'`,
  columns: ["id", "order_id", "reason"],
  rows: () => []
}

/** @internal */
export const tables: ReadonlyArray<Table> = [giftCards, priceList, knots, heights, measures, moments, bytes, returns]
