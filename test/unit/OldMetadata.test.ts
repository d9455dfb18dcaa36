import { assert, describe, it } from "@effect/vitest"
import { Metadata, Sql } from "@sluice/format"
import { Either, Option } from "effect"

const parsed = (text: string): Metadata.Metadata => Either.getOrThrow(Metadata.parse(Sql.bytes(text)))

const bare = {
  startedAt: Option.some("2021-03-04 05:06:07"),
  finishedAt: Option.some("2021-03-04 05:07:08")
}

describe("metadata of older versions", () => {
  it("may be free text, with the position in the binary log, and that of a replica", () => {
    const metadata = parsed([
      "Started dump at: 2021-03-04 05:06:07",
      "SHOW MASTER STATUS:",
      "\tLog: bin.000012",
      "\tPos: 4711",
      "\tGTID:0-1-99",
      "",
      "SHOW SLAVE STATUS:",
      "\tHost: 10.0.0.1",
      "\tLog: other.000003",
      "\tPos: 4",
      "\tGTID:(null)",
      "",
      "Finished dump at: 2021-03-04 05:07:08",
      ""
    ].join("\n"))
    assert.deepStrictEqual(metadata, {
      ...Metadata.empty,
      ...bare,
      source: new Map([["SOURCE_LOG_FILE", "bin.000012"], ["SOURCE_LOG_POS", "4711"], ["executed_gtid_set", "0-1-99"]])
    })
  })

  it("may have no position", () => {
    assert.deepStrictEqual(
      parsed("Started dump at: 2021-03-04 05:06:07\nFinished dump at: 2021-03-04 05:07:08\n"),
      { ...Metadata.empty, ...bare }
    )
    assert.isTrue(Option.isNone(parsed("Started dump at: 2021-03-04 05:06:07\n").finishedAt))
  })

  it("may have sections and other words", () => {
    const metadata = parsed([
      "Started dump at: 2021-03-04 05:06:07",
      "[config]",
      "quote_character = DOUBLE_QUOTE",
      "local_infile",
      "[master]",
      "# Channel_Name = ''",
      "File = bin.000012",
      "Position = 4711",
      "Executed_Gtid_Set = ",
      "",
      "[\"d\".\"mydumper_0\"]",
      "real_table_name=say \"\"hi\"\" `x``",
      "Rows = 3",
      "[\"d\".\"v\"]",
      "is_view",
      "[config]",
      "max_statement_size = 9",
      "Finished dump at: 2021-03-04 05:07:08"
    ].join("\n"))
    assert.deepStrictEqual(
      metadata.config,
      new Map([["quote-character", "DOUBLE_QUOTE"], ["local-infile", "1"], ["max-statement-size", "9"]])
    )
    assert.deepStrictEqual(metadata.source, new Map([["SOURCE_LOG_FILE", "bin.000012"], ["SOURCE_LOG_POS", "4711"]]))
    assert.deepStrictEqual(metadata.finishedAt, bare.finishedAt)
    const [table, view] = metadata.tables
    assert.deepInclude(table, { database: "d", table: "mydumper_0", realName: "say \"hi\" `x``", rows: Option.some(3) })
    assert.deepInclude(view, { table: "v", isView: true })
  })

  it("has the names of groups with line feeds in them", () => {
    const [table] = parsed("[`d`.`a\u10000b`]\nrows = 1\n").tables
    assert.deepInclude(table, { database: "d", table: "a\nb" })
  })
})
