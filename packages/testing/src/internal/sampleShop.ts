/**
 * The tables of the sample database that grow with its scale: a chandlery, which sells what boats need.
 *
 * @internal
 */
import * as Words from "./sampleRandom.js"
import { hex, type Sizes, type Table, text, times } from "./sampleTable.js"

const encoder = new TextEncoder()

const portCodes = [
  "BARDA",
  "CORLI",
  "DELNA",
  "FENWI",
  "GALRI",
  "HOVTA",
  "JASME",
  "KELDA",
  "LUMSE",
  "MORTA",
  "NORDE",
  "PELWI"
] as const

const ports: Table = {
  name: "ports",
  definition: () =>
    `(
  \`code\` char(5) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  \`name\` varchar(60) NOT NULL,
  \`opened\` year NOT NULL DEFAULT 1990,
  \`spot\` point NOT NULL,
  \`is_open\` boolean NOT NULL DEFAULT TRUE,
  PRIMARY KEY (\`code\`),
  SPATIAL KEY \`by spot\` (\`spot\`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci`,
  columns: ["code", "name", "opened", "spot", "is_open"],
  rows: (random) =>
    times(portCodes.length, (index) => [
      text(portCodes[index - 1] ?? ""),
      text(Words.name(random)),
      String(random.between(1901, 2025)),
      `ST_GeomFromText('POINT(${random.between(-1800, 1800) / 10} ${random.between(-850, 850) / 10})')`,
      random.chance(0.8) ? "1" : "0"
    ])
}

const settings = (random: Words.Random): string =>
  JSON.stringify({
    theme: random.pick(["light", "dark", "näutical"]),
    letters: random.between(0, 9),
    boats: Array.from({ length: random.between(0, 3) }, () => Words.name(random)),
    none: null,
    ratio: random.between(0, 1000) / 8
  })

const customers: Table = {
  name: "customers",
  definition: () =>
    `(
  \`id\` bigint unsigned NOT NULL AUTO_INCREMENT,
  \`email\` varchar(120) CHARACTER SET ascii COLLATE ascii_general_ci NOT NULL,
  \`name\` varchar(80) NOT NULL,
  \`nickname\` varchar(40) CHARACTER SET latin1 COLLATE latin1_german1_ci DEFAULT NULL,
  \`born\` date DEFAULT NULL,
  \`joined\` datetime(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
  \`last_seen\` timestamp NULL DEFAULT NULL ON UPDATE CURRENT_TIMESTAMP,
  \`newsletter\` boolean NOT NULL DEFAULT FALSE,
  \`rights\` bit(12) NOT NULL DEFAULT b'101',
  \`interests\` set('ropes','lamps','charts','Öl & Fett','it''s all') DEFAULT NULL,
  \`settings\` json DEFAULT NULL,
  \`secret\` varbinary(32) NOT NULL,
  \`balance\` decimal(12,2) NOT NULL DEFAULT 0.00,
  \`port\` char(5) CHARACTER SET ascii COLLATE ascii_bin DEFAULT NULL,
  \`invited_by\` bigint unsigned DEFAULT NULL,
  \`home_id\` int unsigned DEFAULT NULL,
  \`mail_domain\` varchar(120) GENERATED ALWAYS AS (substring_index(\`email\`,'@',-1)) VIRTUAL,
  PRIMARY KEY (\`id\`),
  UNIQUE KEY \`email\` (\`email\`),
  KEY \`by_name\` (\`name\`(12),\`born\`),
  KEY \`port\` (\`port\`),
  KEY \`invited_by\` (\`invited_by\`),
  KEY \`home_id\` (\`home_id\`),
  CONSTRAINT \`customer_port\` FOREIGN KEY (\`port\`) REFERENCES \`ports\` (\`code\`) ON UPDATE CASCADE,
  CONSTRAINT \`customer_invited_by\` FOREIGN KEY (\`invited_by\`) REFERENCES \`customers\` (\`id\`) ON DELETE SET NULL,
  CONSTRAINT \`customer_home\` FOREIGN KEY (\`home_id\`) REFERENCES \`addresses\` (\`id\`) ON DELETE SET NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci`,
  columns: [
    "id",
    "email",
    "name",
    "nickname",
    "born",
    "joined",
    "last_seen",
    "newsletter",
    "rights",
    "interests",
    "settings",
    "secret",
    "balance",
    "port",
    "invited_by",
    "home_id"
  ],
  rows: (random, sizes) =>
    times(sizes.customers, (id) => [
      String(id),
      text(`${Words.plainName(random)}.${id}@${random.pick(["example.org", "example.net", "sea.example"])}`),
      text(`${Words.name(random)} ${Words.name(random)}${random.chance(0.05) ? " 🐚" : ""}`),
      random.chance(0.3) ? "NULL" : random.chance(0.1) ? "''" : text(Words.latinName(random)),
      random.chance(0.2) ? "NULL" : text(Words.date(random, 1930, 2007)),
      text(`${Words.date(random, 2012, 2025)} ${Words.time(random, 3)}`),
      random.chance(0.4) ? "NULL" : text(`${Words.date(random, 2020, 2025)} ${Words.time(random, 0)}`),
      random.chance(0.5) ? "1" : "0",
      `b'${random.between(0, 4095).toString(2)}'`,
      random.chance(0.2) ? "NULL" : String(random.between(0, 31)),
      random.chance(0.2) ? "NULL" : text(settings(random)),
      hex(random.bytes(random.pick([0, 16, 32]))),
      `${random.between(-500, 90000)}.${random.between(10, 99)}`,
      random.chance(0.1) ? "NULL" : text(random.pick(portCodes)),
      id === 1 || random.chance(0.5) ? "NULL" : String(random.between(1, id - 1)),
      random.chance(0.3) ? "NULL" : String(random.between(1, sizes.addresses))
    ])
}

const addresses: Table = {
  name: "addresses",
  definition: () =>
    `(
  \`id\` int unsigned NOT NULL AUTO_INCREMENT,
  \`customer_id\` bigint unsigned NOT NULL,
  \`street\` varchar(100) NOT NULL,
  \`remark\` tinytext,
  \`zip\` char(8) CHARACTER SET latin1 NOT NULL DEFAULT '',
  \`place\` varchar(60) NOT NULL DEFAULT 'Üb''rall, "nirgends"',
  \`since\` date NOT NULL,
  PRIMARY KEY (\`id\`),
  KEY \`customer_id\` (\`customer_id\`),
  CONSTRAINT \`address_customer\` FOREIGN KEY (\`customer_id\`) REFERENCES \`customers\` (\`id\`) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci COMMENT='where parcels go; a customer''s home is one of them'`,
  columns: ["id", "customer_id", "street", "remark", "zip", "place", "since"],
  rows: (random, sizes) =>
    times(sizes.addresses, (id) => [
      String(id),
      String(random.between(1, sizes.customers)),
      text(`${random.between(1, 200)} ${Words.name(random)} ${random.pick(["Road", "Straße", "quai", "通り"])}`),
      random.chance(0.6) ? "NULL" : text(Words.sentence(random, 1, 5)),
      text(random.chance(0.1) ? "" : String(random.between(1000, 99999))),
      text(Words.name(random)),
      text(Words.date(random, 1990, 2025))
    ])
}

const kinds = ["rope", "lamp", "chart", "Käse", "it's", ""] as const

const sku = (index: number): string => `${kinds[index % 3] ?? "rope"}-${String(index).padStart(5, "0")}`

const goods: Table = {
  name: "goods",
  definition: () =>
    `(
  \`sku\` varchar(24) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  \`name\` varchar(100) NOT NULL,
  \`kind\` enum('rope','lamp','chart','Käse','it''s','') NOT NULL DEFAULT 'Käse',
  \`size\` enum('klein','größer','très grand') CHARACTER SET latin1 DEFAULT 'größer',
  \`price\` decimal(10,2) NOT NULL,
  \`weight\` float DEFAULT NULL COMMENT 'in kg',
  \`volume\` double DEFAULT NULL COMMENT 'in m³',
  \`stock\` int NOT NULL DEFAULT 0,
  \`sold\` mediumint unsigned NOT NULL DEFAULT 0,
  \`added\` date NOT NULL,
  \`description\` text,
  \`photo\` mediumblob,
  \`taxed\` decimal(12,4) GENERATED ALWAYS AS (\`price\` * 1.19) STORED,
  \`label\` varchar(130) GENERATED ALWAYS AS (concat(\`sku\`,': ',\`name\`)) VIRTUAL,
  PRIMARY KEY (\`sku\`),
  KEY \`by_price\` (\`price\`,\`added\`),
  FULLTEXT KEY \`words\` (\`description\`),
  CONSTRAINT \`price is not negative\` CHECK (\`price\` >= 0)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci COMMENT='what is for sale; prices in €'`,
  columns: [
    "sku",
    "name",
    "kind",
    "size",
    "price",
    "weight",
    "volume",
    "stock",
    "sold",
    "added",
    "description",
    "photo"
  ],
  rows: (random, sizes) =>
    times(sizes.goods, (index) => [
      text(sku(index)),
      text(Words.first(100, Words.sentence(random, 1, 4))),
      text(random.pick(kinds)),
      random.chance(0.2) ? "NULL" : text(random.pick(["klein", "größer", "très grand"])),
      `${random.between(0, 4000)}.${random.between(10, 99)}`,
      random.chance(0.1) ? "NULL" : String(Math.fround(random.next() * 10 ** random.between(-6, 9))),
      random.chance(0.1)
        ? "NULL"
        : `${random.next() * 10 ** random.between(-30, 30)}e0`.replace(/(e[+-]?\d+)e0$/, "$1"),
      String(random.between(-20, 5000)),
      String(random.between(0, 100000)),
      text(Words.date(random, 2010, 2025)),
      random.chance(0.05) ? "NULL" : text(Words.sentence(random, 5, 90)),
      random.chance(0.3) ? "NULL" : hex(random.bytes(random.between(0, 700)))
    ])
}

const orders: Table = {
  name: "orders",
  definition: () =>
    `(
  \`id\` bigint NOT NULL AUTO_INCREMENT,
  \`customer_id\` bigint unsigned NOT NULL,
  \`placed\` datetime(3) NOT NULL,
  \`paid\` timestamp(6) NULL DEFAULT NULL,
  \`slot\` time(2) DEFAULT NULL,
  \`state\` enum('open','paid','sent','lost') CHARACTER SET ascii NOT NULL DEFAULT 'open',
  \`note\` mediumtext,
  \`ip\` varbinary(16) DEFAULT NULL,
  \`origin\` varchar(20) NOT NULL DEFAULT 'shop' INVISIBLE,
  \`season\` smallint GENERATED ALWAYS AS (year(\`placed\`) * 10 + quarter(\`placed\`)) STORED,
  PRIMARY KEY (\`id\`),
  KEY \`customer_id\` (\`customer_id\`),
  KEY \`by_season\` (\`season\`),
  CONSTRAINT \`order_customer\` FOREIGN KEY (\`customer_id\`) REFERENCES \`customers\` (\`id\`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci`,
  columns: ["id", "customer_id", "placed", "paid", "slot", "state", "note", "ip", "origin"],
  rows: (random, sizes) =>
    times(sizes.orders, (index) => [
      // with gaps, as if orders had been deleted
      String(index + Math.floor(index / 100) * 7),
      String(random.between(1, sizes.customers)),
      text(`${Words.date(random, 2015, 2025)} ${Words.time(random, 3)}`),
      random.chance(0.3) ? "NULL" : text(`${Words.date(random, 2015, 2025)} ${Words.time(random, 6)}`),
      random.chance(0.5) ? "NULL" : text(Words.time(random, 2)),
      text(random.pick(["open", "paid", "sent", "lost"])),
      random.chance(0.4) ? "NULL" : text(random.chance(0.1) ? "" : Words.sentence(random, 2, 20)),
      random.chance(0.3) ? "NULL" : hex(random.bytes(random.pick([4, 16]))),
      text(random.chance(0.7) ? "shop" : "télégramme")
    ])
}

const linesPerOrder = 3

const orderLines: Table = {
  name: "order_lines",
  definition: () =>
    `(
  \`order_id\` bigint NOT NULL,
  \`line\` tinyint unsigned NOT NULL,
  \`sku\` varchar(24) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  \`quantity\` smallint unsigned NOT NULL DEFAULT 1,
  \`price\` decimal(10,2) NOT NULL,
  \`total\` decimal(14,2) GENERATED ALWAYS AS (\`quantity\` * \`price\`) STORED,
  PRIMARY KEY (\`order_id\`,\`line\`),
  KEY \`sku\` (\`sku\`),
  CONSTRAINT \`line_order\` FOREIGN KEY (\`order_id\`) REFERENCES \`orders\` (\`id\`) ON DELETE CASCADE,
  CONSTRAINT \`line_good\` FOREIGN KEY (\`sku\`) REFERENCES \`goods\` (\`sku\`) ON UPDATE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=latin1`,
  columns: ["order_id", "line", "sku", "quantity", "price"],
  rows: (random, sizes) =>
    times(sizes.orders * linesPerOrder, (index) => {
      const order = Math.floor((index - 1) / linesPerOrder) + 1
      return [
        String(order + Math.floor(order / 100) * 7),
        String((index - 1) % linesPerOrder + 1),
        text(sku(random.between(1, sizes.goods))),
        String(random.between(1, 400)),
        `${random.between(0, 4000)}.${random.between(10, 99)}`
      ]
    })
}

const visits: Table = {
  name: "visits",
  definition: () =>
    `(
  \`at\` timestamp(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
  \`path\` varchar(200) NOT NULL,
  \`agent\` varchar(160) CHARACTER SET utf8mb4 DEFAULT NULL,
  \`took\` mediumint unsigned DEFAULT NULL,
  \`body\` blob
) ENGINE=InnoDB DEFAULT CHARSET=latin1`,
  columns: ["at", "path", "agent", "took", "body"],
  rows: (random, sizes) =>
    times(sizes.visits, () => [
      text(`${Words.date(random, 2024, 2025)} ${Words.time(random, 3)}`),
      text(`/${Words.latinName(random)}/${Words.latinName(random)}?n=${random.between(0, 99999)}`),
      random.chance(0.2) ? "NULL" : text(Words.first(150, Words.sentence(random, 2, 14))),
      random.chance(0.1) ? "NULL" : String(random.between(0, 16777215)),
      random.chance(0.6) ? "NULL" : hex(encoder.encode(Words.sentence(random, 0, 12)))
    ])
}

const firstDay = Date.UTC(2020, 0, 1)
const day = 24 * 60 * 60 * 1000
const tills = 4

const takings: Table = {
  name: "takings",
  definition: () =>
    `(
  \`day\` date NOT NULL,
  \`till\` tinyint unsigned NOT NULL,
  \`cash\` decimal(9,2) NOT NULL,
  \`cards\` decimal(9,2) DEFAULT NULL,
  PRIMARY KEY (\`day\`,\`till\`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci
PARTITION BY RANGE (to_days(\`day\`)) (
  PARTITION \`p2020\` VALUES LESS THAN (to_days('2021-01-01')),
  PARTITION \`p2021\` VALUES LESS THAN (to_days('2022-01-01')),
  PARTITION \`later\` VALUES LESS THAN MAXVALUE
)`,
  columns: ["day", "till", "cash", "cards"],
  rows: (random, sizes) =>
    times(sizes.takings, (index) => [
      text(new Date(firstDay + Math.floor((index - 1) / tills) * day).toISOString().slice(0, 10)),
      String((index - 1) % tills + 1),
      `${random.between(0, 9000)}.${random.between(10, 99)}`,
      random.chance(0.2) ? "NULL" : `${random.between(0, 9000)}.${random.between(10, 99)}`
    ])
}

/**
 * How many rows the growing tables have. There are always some.
 *
 * @internal
 */
export const sizes = (scale: number): Sizes => {
  const scaled = (rows: number) => Math.max(3, Math.round(rows * scale))
  return {
    customers: scaled(5_000),
    addresses: scaled(6_500),
    goods: scaled(1_600),
    orders: scaled(16_000),
    visits: scaled(14_000),
    takings: scaled(3_000)
  }
}

/** @internal */
export const tables: ReadonlyArray<Table> = [ports, customers, addresses, goods, orders, orderLines, visits, takings]
