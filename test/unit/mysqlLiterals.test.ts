import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"

import * as KeptExpressions from "../../packages/mysql/src/internal/keptExpressions.js"
import * as Literals from "../../packages/mysql/src/internal/literals.js"
import * as Printed from "../../packages/mysql/src/internal/printed.js"

const latin1 = (text: string) => new Uint8Array(Buffer.from(text, "latin1"))
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString("latin1")

const table = (...items: ReadonlyArray<string>) =>
  `CREATE TABLE \`t\` (\n  \`a\` int(11) DEFAULT 1,\n  ${items.join(",\n  ")}\n) ENGINE=InnoDB COMMENT='\xc3\xa9'`

/** What becomes of a definition, as far as nothing has to be asked for. */
const rewritten = (vendor: "mysql" | "mariadb", create: string) => {
  const bytes = latin1(create)
  return text(Literals.rewrite(bytes, Literals.find(bytes, vendor).spots))
}

/** What is to be asked for, by its columns. */
const asked = (vendor: "mysql" | "mariadb", create: string) => {
  const { defaults, members } = Literals.find(latin1(create), vendor)
  return [...members, ...defaults].map(({ column }) => column)
}

/** As servers print a text. */
const printed = (value: Uint8Array): string =>
  `'${
    text(value).replace(
      /[\\\0\n\r\x1a]/g,
      (c) => ({ "\0": "\\0", "\n": "\\n", "\r": "\\r", "\x1a": "\\Z" })[c] ?? "\\\\"
    )
      .replaceAll("'", "''")
  }'`

const vendors = ["mysql", "mariadb"] as const

describe("literals in definitions", () => {
  it("defaults of binary columns are written in hexadecimal where they are not printable", () => {
    for (const vendor of vendors) {
      const line = (column: string) => rewritten(vendor, table(column))
      assert.strictEqual(
        line("`b` binary(3) NOT NULL DEFAULT '\\0\xffA' COMMENT 'x'"),
        table("`b` binary(3) NOT NULL DEFAULT X'00ff41' COMMENT 'x'")
      )
      assert.strictEqual(
        line("`b``c` varbinary(9) DEFAULT '\xe9''\\\\\\n'"),
        table("`b``c` varbinary(9) DEFAULT X'e9275c0a'")
      )
      assert.strictEqual(line("`b` blob DEFAULT '\xff'"), table("`b` blob DEFAULT X'ff'"))
      // what only looks like a default stays
      for (
        const column of [
          "`b` binary(3) DEFAULT 'abc'",
          "`b` binary(3) COMMENT 'x DEFAULT ''\xff'''",
          "`DEFAULT '\xff` int(11) COMMENT '` binary(3) DEFAULT ''\xff'",
          "KEY `k` (`b`) COMMENT 'DEFAULT ''\xff'"
        ]
      ) {
        assert.strictEqual(line(column), table(column))
      }
    }
  })

  it("texts with a character set of their own keep it", () => {
    assert.strictEqual(
      rewritten(
        "mysql",
        table(
          "`g` varchar(9) GENERATED ALWAYS AS (concat(`a`,_latin1'\xe9',_sjis'\x95\\\\',_utf8mb4'x')) VIRTUAL",
          "CONSTRAINT `c` CHECK ((`a` <> _utf8mb4'\xc3\xa9'))",
          "KEY `k` ((concat(`a`,_ucs2'\x88h\\0\xe9')))"
        )
      ),
      table(
        "`g` varchar(9) GENERATED ALWAYS AS (concat(`a`,_latin1 X'e9',_sjis X'955c',_utf8mb4'x')) VIRTUAL",
        "CONSTRAINT `c` CHECK ((`a` <> _utf8mb4 X'c3a9'))",
        "KEY `k` ((concat(`a`,_ucs2 X'886800e9')))"
      )
    )
  })

  it("texts in MariaDB's expressions are national ones, but for what those cannot hold, and dates", () => {
    assert.strictEqual(
      rewritten(
        "mariadb",
        table(
          "`g` varchar(9) GENERATED ALWAYS AS (if(`b` = '\xc3\xa9' and `d` <> DATE'2020-01-01',X'ff','n')) VIRTUAL",
          "`f` varchar(9) DEFAULT concat('a','b') CHECK (`f` <> 'c') COMMENT 'd'",
          "CONSTRAINT `c` CHECK (`a` <> '\xf0\x9f\x98\x80' and `b` <> 'x')"
        )
      ),
      table(
        "`g` varchar(9) GENERATED ALWAYS AS (if(`b` = N'\xc3\xa9' and `d` <> DATE'2020-01-01',X'ff',N'n')) VIRTUAL",
        "`f` varchar(9) DEFAULT concat(N'a',N'b') CHECK (`f` <> 'c') COMMENT 'd'",
        "CONSTRAINT `c` CHECK (`a` <> '\xf0\x9f\x98\x80' and `b` <> N'x')"
      )
    )
  })

  it("defaults that MariaDB keeps as expressions, or as bytes, are national texts", () => {
    for (const type of ["longtext", "blob", "uuid", "inet6", "inet4"]) {
      const column = (text: string) => table(`\`b\` ${type} NOT NULL DEFAULT ${text} CHECK (json_valid(\`b\`))`)
      assert.strictEqual(rewritten("mariadb", column("'\xc3\xa9 ::1'")), column("N'\xc3\xa9 ::1'"))
      assert.deepStrictEqual(asked("mariadb", column("'\xc3\xa9 ::1?'")), [])
    }
  })

  it("texts that cut partitions are in UTF-8", () => {
    const cut = (a: string) =>
      `${
        table("`b` varchar(9)")
      }\n/*!50500 PARTITION BY LIST  COLUMNS(b,\`c)\`)\n(PARTITION \`p\xe9\` VALUES IN (${a},'x') ` +
      "COMMENT = '\xe9' DATA DIRECTORY = '\xe9' ENGINE = InnoDB) */"
    for (const vendor of vendors) {
      assert.strictEqual(rewritten(vendor, cut("'\xc3\xa9'")), cut("_utf8mb4 X'c3a9'"))
      assert.deepStrictEqual(Literals.find(latin1(cut("'\xc3\xa9'")), vendor).partitionedBy, ["b", "c)"])
      assert.deepStrictEqual(Literals.find(latin1(cut("'e'")), vendor).partitionedBy, [])
    }
  })

  it("members and defaults that the print may not tell are asked for", () => {
    for (const vendor of vendors) {
      assert.deepStrictEqual(
        asked(
          vendor,
          table(
            "`e` enum('a','\xc3\xa9') DEFAULT 'a'",
            "`s` set('a','?') CHARACTER SET utf8mb4",
            "`plain` enum('a),','it''s') DEFAULT 'it''s' COMMENT '?'",
            "`d` varchar(9) DEFAULT 'x?'",
            "`i` int(11) DEFAULT NULL COMMENT '?'"
          )
        ),
        ["e", "s", "d"]
      )
      assert.deepStrictEqual(asked(vendor, table("`e` enum('a') CHARACTER SET ucs2 DEFAULT 'a'")), ["e", "e"])
    }
  })

  it("what was asked for replaces what is not the same in ASCII", () => {
    const create = latin1("CREATE TABLE `t` (`e` enum('a?','\xc3\xa9'))")
    const [members] = Literals.find(create, "mysql").members
    const [first, second] = members?.literals ?? []
    assert.isDefined(first)
    assert.isDefined(second)
    const same = { bytes: latin1("a?"), utf8: latin1("a?") }
    assert.deepStrictEqual(Literals.exactly(create, first, same), [])
    const wide = { bytes: latin1("\0a\0?"), utf8: latin1("a?") }
    assert.strictEqual(
      text(Literals.rewrite(create, [
        ...Literals.exactly(create, second, { bytes: latin1("\xe9"), utf8: latin1("\xc3\xa9") }),
        ...Literals.exactly(create, first, wide)
      ])),
      "CREATE TABLE `t` (`e` enum(X'0061003f',X'e9'))"
    )
  })

  it.prop("a printed text stands for what it was", [fc.uint8Array({ maxLength: 40 })], ([value]) => {
    const bytes = latin1(`(${printed(value)})`)
    const [, literal] = Printed.tokens(bytes)
    assert.isDefined(literal)
    assert.deepStrictEqual([literal.kind, literal.end], ["Literal", bytes.length - 1])
    assert.deepStrictEqual(Printed.valueOf(bytes, literal), new Uint8Array(value))
  })

  it.prop("comments, names and options are never touched", [
    fc.uint8Array({ maxLength: 40 }),
    fc.uint8Array({ minLength: 1, maxLength: 20 }),
    fc.constantFrom(...vendors)
  ], ([comment, name, vendor]) => {
    const quoted = `\`${text(name).replaceAll("`", "``")}\``
    const literal = printed(comment)
    const create =
      `CREATE TABLE ${quoted} (\n  ${quoted} int DEFAULT '1' COMMENT ${literal},\n  KEY ${quoted} (${quoted}) ` +
      `COMMENT ${literal}\n) ENGINE=InnoDB COMMENT=${literal} ${quoted}=${literal}\n PARTITION BY KEY (${quoted})\n` +
      `(PARTITION ${quoted} COMMENT = ${literal} ENGINE = InnoDB)`
    assert.strictEqual(rewritten(vendor, create), create)
    assert.deepStrictEqual(asked(vendor, create), [])
  })

  it.prop("what is no definition is left alone", [
    fc.uint8Array({ maxLength: 200 }).filter((bytes) => !text(bytes).includes("'"))
  ], ([bytes]) => {
    for (const vendor of vendors) {
      assert.strictEqual(rewritten(vendor, text(bytes)), text(bytes))
    }
  })
})

describe("expressions in the words that MySQL keeps", () => {
  const column = (expression: string) =>
    `CREATE TABLE \`t\` (\n  \`a\` int DEFAULT (${expression}),\n  \`g\` int GENERATED ALWAYS AS (${expression}) VIRTUAL\n)`

  it.prop("a text comes back from how information_schema.COLUMNS tells of it, byte for byte", [
    fc.uint8Array({ minLength: 1, maxLength: 40 })
  ], ([value]) => {
    const kept = latin1(`concat(_utf16${printed(value)},\`é'\`)`)
    const told = new Uint8Array(Buffer.from(text(kept).replaceAll(/[\\']/g, "\\$&"), "utf8"))
    assert.deepStrictEqual(KeptExpressions.decode(told), kept)
    const create = latin1(column(`concat(_utf8mb4${printed(value)},\`é'\`)`))
    const found = Literals.find(create, "mysql")
    assert.deepStrictEqual(found.kept.map(({ column, kind }) => [column, kind]), [["a", "Default"], ["g", "Generated"]])
    const spots = found.kept.flatMap((one) => Literals.asKept(create, one, kept))
    const written = value.every((byte) => byte < 0x80) ? printed(value) : ` X'${Buffer.from(value).toString("hex")}'`
    assert.strictEqual(
      text(Literals.rewrite(create, [...found.spots, ...spots])),
      column(`concat(_utf16${written},\`é'\`)`)
    )
  })

  it("what is printed as it is kept stays as it is, whichever way its texts are escaped", () => {
    const create = latin1(column("concat(_latin1'it''s',`b`)"))
    for (const one of Literals.find(create, "mysql").kept) {
      assert.deepStrictEqual(Literals.asKept(create, one, latin1("concat(_latin1'it\\'s',`b`)")), [])
      assert.strictEqual(Literals.asKept(create, one, latin1("concat(_latin1'it\\'s',`c`)")).length, 1)
      assert.strictEqual(Literals.asKept(create, one, latin1("concat(_latin1'it\\'s',`b`,1)")).length, 1)
    }
  })

  it("what is not told that way is not taken for it", () => {
    for (const told of ["", "concat(_latin1'a')", "concat(_latin1\\'€\\')", "concat(_latin1\\'a\\n\\')"]) {
      assert.isUndefined(KeptExpressions.decode(new Uint8Array(Buffer.from(told, "utf8"))), told)
    }
    assert.isUndefined(KeptExpressions.decode(null))
    assert.isUndefined(KeptExpressions.decode(undefined))
  })

  it("is asked for expressions in parentheses only", () => {
    const create = table("`b` varchar(9) DEFAULT 'x(' COMMENT 'AS ('", "`d` datetime(6) DEFAULT CURRENT_TIMESTAMP(6)")
    assert.deepStrictEqual(Literals.find(latin1(create), "mysql").kept, [])
  })
})

describe("conversions in a print", () => {
  it("are taken away with what belongs to them, and nothing else is", () => {
    const without = (create: string) => text(Printed.withoutConversions(latin1(create)))
    const print = "concat(`b`,date_format(current_timestamp(),'%Y'))"
    assert.strictEqual(without(print), print)
    assert.strictEqual(without("concat(`b`,convert(date_format(current_timestamp(),'%Y') using utf8mb4))"), print)
    assert.strictEqual(without("convert(f(convert(g(1) using a),')') using b), h"), "f(g(1),')'), h")
    for (const other of ["f('convert(b using c)')", "convert(`a`,char)", "`convert(`", "f(1) COMMENT 'convert('"]) {
      assert.strictEqual(without(other), other)
    }
  })

  it("are looked for in defaults that are not worked out, in generated columns and in checks", () => {
    const found = (item: string) => {
      const bytes = latin1(table(item))
      return Literals.find(bytes, "mariadb").converted.map((one) => [
        text(bytes.subarray(one.start, one.end)),
        ...(one.isMixed ? ["mixed"] : []),
        ...(one.isVolatile ? ["volatile"] : [])
      ])
    }
    const converted = "concat(`b`,convert(`a` using latin1))"
    assert.deepStrictEqual(found(`\`g\` int GENERATED ALWAYS AS (${converted}) VIRTUAL CHECK (\`g\` > 1)`), [[
      converted
    ]])
    assert.deepStrictEqual(found(`CONSTRAINT \`c\` CHECK (${converted} = _utf16'x')`), [[
      `${converted} = _utf16'x'`,
      "mixed"
    ]])
    assert.deepStrictEqual(found("`g` varchar(9) DEFAULT convert(uuid() using latin1) COMMENT 'x'"), [[
      "convert(uuid() using latin1)",
      "volatile"
    ]])
    // held against what new rows get
    assert.deepStrictEqual(found("`g` varchar(9) DEFAULT convert('x' using latin1)"), [])
    const localized = "convert(monthname('2020-01-01') using latin1)"
    assert.deepStrictEqual(found(`\`g\` varchar(9) DEFAULT ${localized}`), [[localized]])
    assert.deepStrictEqual(found("`g` varchar(9) DEFAULT 'convert(a using b)' CHECK (`g` <> `convert`)"), [])
  })
})
