/**
 * What is fuzzed, and the laws that hold for any bytes at all.
 */
import { assert } from "@effect/vitest"
import { ClientScript, FileName, Frame, LoadData, Metadata, Permission, Row, Sql, Statement } from "@sluice/format"
import { Compression, Printable } from "@sluice/pipeline"
import { Contents } from "@sluice/testing"
import { Cause, Chunk, Effect, Either, Exit, Stream } from "effect"

import * as OptionFile from "../../packages/cli/src/internal/optionFileSyntax.js"
import * as Damage from "../support/damage.js"
import * as Foreign from "../support/foreign.js"
import * as Mutate from "./mutate.js"

export interface Target {
  readonly name: string
  readonly seeds: Effect.Effect<ReadonlyArray<Uint8Array>>
  /** How it is changed, when it is more than bytes. */
  readonly mutate?: (dice: Mutate.Dice, bytes: Uint8Array, other: Uint8Array) => Uint8Array
  /** Dies when a law is broken. */
  readonly check: (bytes: Uint8Array) => Effect.Effect<unknown>
  /** How many times longer a case takes than one of the others. */
  readonly cost: number
}

const utf8 = new TextDecoder()

/** What a reader gives must not depend on how its input was cut. */
const inPieces = (bytes: Uint8Array): ReadonlyArray<Uint8Array> => {
  const out: Array<Uint8Array> = []
  for (let at = 0, size = 1; at < bytes.length; at += size, size = (size * 5) % 97 + 1) {
    out.push(bytes.slice(at, at + size))
  }
  return out
}

/** Whether it fails, and what it gave before. */
const collected = <A, E>(
  push: (bytes: Uint8Array) => Either.Either<ReadonlyArray<A>, E>,
  finish: () => Either.Either<ReadonlyArray<A> | void, E>,
  parts: ReadonlyArray<Uint8Array>
): { readonly failed: boolean; readonly all: ReadonlyArray<A> } => {
  const all: Array<A> = []
  for (const part of parts) {
    const more = push(part)
    if (Either.isLeft(more)) return { failed: true, all }
    for (const one of more.right) all.push(one)
  }
  const last = finish()
  if (Either.isLeft(last)) return { failed: true, all }
  for (const one of last.right ?? []) all.push(one)
  return { failed: false, all }
}

const frames = (parts: ReadonlyArray<Uint8Array>) => {
  const decoder = Frame.decoder()
  const { all, failed } = collected(decoder.push, decoder.finish, parts)
  // content comes in the pieces that it came in
  const headers = all.flatMap((event) => event._tag === "Header" ? [`${event.name} ${event.size}`] : [])
  return { failed, headers: failed ? [] : headers }
}

const statements = (terminator: Statement.Terminator, parts: ReadonlyArray<Uint8Array>) => {
  const splitter = Statement.splitter({ terminator, maximumStatementBytes: 1_000_000 })
  const { all, failed } = collected(splitter.push, splitter.finish, parts)
  return { failed, all: all.map(({ bytes, offset, position }) => ({ sql: Sql.text(bytes), offset, position })) }
}

const pure = (check: (bytes: Uint8Array) => void) => (bytes: Uint8Array) => Effect.sync(() => check(bytes))

const text = (...texts: ReadonlyArray<string>) => Effect.succeed(texts.map((text) => Sql.bytes(text)))

const stream = Effect.runSync(Effect.cached(Damage.streamOf(Damage.everything)))
const files = Effect.map(stream, Foreign.filesOf)

const noDefect = <A, E>(exit: Exit.Exit<A, E>): void => {
  if (Exit.isFailure(exit)) {
    assert(Cause.isFailType(exit.cause) || Cause.failureOption(exit.cause)._tag === "Some", Cause.pretty(exit.cause))
  }
}

const kinds: ReadonlyArray<FileName.FileName["_tag"]> = [
  "Database",
  "Table",
  "Sequence",
  "View",
  "Post",
  "Rows",
  "Users"
]

const decompressed = (kind: "gzip" | "zstd"): Target => ({
  name: kind,
  seeds: Effect.map(
    files,
    (files) =>
      Foreign.compressed(files.filter(({ name }) => !name.startsWith("metadata")), [kind]).map(({ bytes }) => bytes)
  ),
  check: (bytes) =>
    Effect.gen(function*() {
      const { decode } = yield* Compression.Compression
      const decoded = (parts: ReadonlyArray<Uint8Array>) =>
        Effect.map(
          Effect.exit(
            Stream.runFold(decode("x", kind)(Stream.fromIterable(parts)), 0, (sum, part) => sum + part.length)
          ),
          (exit) => {
            noDefect(exit)
            return Exit.isSuccess(exit) ? exit.value : "refused"
          }
        )
      assert.strictEqual(yield* decoded([bytes]), yield* decoded(inPieces(bytes)))
    }),
  cost: 40
})

export const targets: ReadonlyArray<Target> = [
  {
    name: "frames",
    seeds: Effect.map(stream, (bytes) => [bytes]),
    check: pure((bytes) => assert.deepStrictEqual(frames([bytes]), frames(inPieces(bytes)))),
    cost: 4
  },
  {
    name: "metadata",
    seeds: Effect.map(
      files,
      (files) => files.filter(({ name }) => name.startsWith("metadata")).map(({ bytes }) => bytes)
    ),
    check: pure((bytes) => {
      const parsed = Metadata.parse(bytes)
      if (Either.isRight(parsed)) {
        assert.strictEqual(Object.prototype.hasOwnProperty.call(Object.prototype, "rows"), false)
      }
    }),
    cost: 2
  },
  {
    name: "names",
    seeds: text("d.t.00000.sql.gz", "metadata.partial.12", "d-schema-create.sql", "a.b.c.00001.00002.dat"),
    check: pure((bytes) => {
      const name = utf8.decode(bytes)
      const parsed = FileName.parse(name)
      if (Either.isRight(parsed)) {
        assert.isTrue(FileName.isSafe(name))
        assert.notMatch(name, /[/\\\p{Cc}]|^\./u)
        assert.isTrue(Either.isRight(FileName.parse(FileName.render(parsed.right.file))), name)
      }
      assert.notMatch(Printable.line(name, 200), /\p{Cc}/u)
    }),
    cost: 1
  },
  {
    name: "statements",
    seeds: Effect.map(files, (files) => files.filter(({ name }) => name.endsWith(".sql")).map(({ bytes }) => bytes)),
    check: pure((bytes) => {
      for (const terminator of ["lexed", "line", "guarded"] as const) {
        const whole = statements(terminator, [bytes])
        assert.deepStrictEqual(whole, statements(terminator, inPieces(bytes)))
        for (const { sql } of whole.all) {
          const statement = Sql.bytes(sql)
          Statement.classify(statement)
          Row.decodeInsert(statement)
          for (const kind of kinds) {
            const checked = Permission.check(kind, statement)
            // whatever may be in a data file begins with one of these, on whatever server
            if (kind === "Rows" && Either.isRight(checked)) {
              assert.match(
                sql,
                /^(?:(?:--\s.*\n|#.*\n|\/\*(?!M?!)[^]*?\*\/|\s)*)(?:INSERT|REPLACE|LOAD|SET|\/\*M?!\d*\s*SET)/i
              )
            }
          }
        }
      }
    }),
    cost: 20
  },
  {
    name: "load-data",
    seeds: text(
      "LOAD DATA LOCAL INFILE 'd.t.00000.dat' INTO TABLE `t` FIELDS TERMINATED BY '\\t' ENCLOSED BY '' ESCAPED BY '\\\\' " +
        "LINES STARTING BY '' TERMINATED BY '\\n' (`id`,@v)SET `v`=UNHEX(@v)\u00001\tAB\n2\t\\N\n",
      "LOAD DATA INFILE 'x' REPLACE INTO TABLE t CHARACTER SET utf8 FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '\"' " +
        "IGNORE 1 LINES\u0000a\n\"1\",\"x\"\"y\"\n"
    ),
    check: pure((bytes) => {
      const zero = bytes.indexOf(0)
      const parsed = LoadData.parse(zero < 0 ? bytes : bytes.subarray(0, zero))
      if (Either.isRight(parsed)) {
        const rows = zero < 0 ? new Uint8Array(0) : bytes.subarray(zero + 1)
        const read = (parts: ReadonlyArray<Uint8Array>) => {
          const reader = LoadData.reader(parsed.right, 100)
          const { all, failed } = collected(reader.push, reader.finish, parts)
          return { failed, all: failed ? [] : all.map(({ bytes, rows }) => [Sql.text(bytes), rows]) }
        }
        assert.deepStrictEqual(read([rows]), read(inPieces(rows)))
      }
    }),
    cost: 4
  },
  {
    name: "option-files",
    seeds: text("[client]\nuser = me\npassword=\"a\\\"b#c\"\n!include /x\n[mydumper]\nthreads=4\n# x\nno-data\n"),
    check: pure((bytes) => void OptionFile.parse("/x.cnf", utf8.decode(bytes))),
    cost: 1
  },
  {
    name: "scripts",
    seeds: text(
      "-- MySQL dump 10.13\nDELIMITER ;;\nCREATE TRIGGER a BEFORE INSERT ON t FOR EACH ROW BEGIN SET @a = ';;'; END ;;\n" +
        "DELIMITER ;\n/*!40101 SET NAMES utf8 */;\nINSERT INTO `t` VALUES (1,'a;\\'b');\n-- Dump completed\n"
    ),
    check: (bytes) =>
      Effect.gen(function*() {
        const read = (parts: ReadonlyArray<Uint8Array>) =>
          ClientScript.parts()(Stream.fromIterable(parts)).pipe(
            // what comes out is lent
            Stream.map((part) => part._tag === "Remark" ? part.text : Sql.text(part.bytes)),
            Stream.runCollect,
            Effect.exit,
            Effect.map((exit) => {
              noDefect(exit)
              return Exit.isSuccess(exit) ? Chunk.toReadonlyArray(exit.value) : "refused"
            })
          )
        assert.deepStrictEqual(yield* read([bytes.slice()]), yield* read(inPieces(bytes)))
      }),
    cost: 20
  },
  decompressed("gzip"),
  decompressed("zstd"),
  {
    name: "stream",
    seeds: Effect.map(stream, (bytes) => [bytes, Foreign.streamOf(Damage.compressedOf(bytes))]),
    mutate: (dice, bytes, other) => {
      const decoder = Frame.decoder()
      return dice.below(3) === 0 || Either.isLeft(decoder.push(bytes))
        ? Mutate.mutate(dice, bytes, other)
        : Mutate.streamOf(dice, Mutate.mutateFiles(dice, Foreign.filesOf(bytes)))
    },
    check: (bytes) =>
      Effect.map(Damage.restoreStream(bytes), (outcome) => {
        noDefect(outcome.exit)
        if (Exit.isSuccess(outcome.exit)) {
          assert.deepStrictEqual(
            Contents.diff(Damage.everything, outcome.target),
            [],
            "accepted, and not what was there"
          )
        }
      }),
    cost: 300
  },
  {
    name: "forged",
    seeds: Effect.map(stream, (bytes) => [bytes]),
    mutate: (dice, bytes) => {
      const decoder = Frame.decoder()
      if (Either.isLeft(decoder.push(bytes))) return bytes
      const own = Foreign.filesOf(bytes).filter(({ name }) => !name.startsWith("metadata"))
      const changed = Mutate.mutateFiles(dice, own)
      const sealed = Damage.sealed(bytes, changed)
      // names that no metadata can hold make metadata that nobody can read
      const isReadable = sealed.every(({ bytes, name }) =>
        !name.startsWith("metadata") || Either.isRight(Metadata.parse(bytes))
      )
      return Foreign.streamOf(isReadable && dice.below(2) === 0 ? Foreign.withoutManifest(sealed) : sealed)
    },
    // who seals it again can make another backup of it, but never a defect
    check: (bytes) => Effect.map(Damage.restoreStream(bytes), ({ exit }) => noDefect(exit)),
    cost: 300
  }
]
