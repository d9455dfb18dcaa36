/**
 * A stream of ours made into one that another tool could have written: no manifest, and its files as that tool keeps
 * them.
 */
import { gzipSync } from "node:zlib"

import { Frame, Metadata, Row, SchemaFile, Sql, Statement } from "@sluice/format"
import { Either, Option } from "effect"

import * as LoadData from "./loadData.js"
import * as Zstd from "./zstd.js"

export interface File {
  readonly name: string
  readonly bytes: Uint8Array
}

/** The files of a stream. */
export const filesOf = (stream: Uint8Array): ReadonlyArray<File> => {
  const files: Array<{ readonly name: string; readonly parts: Array<Uint8Array> }> = []
  for (const event of Either.getOrThrow(Frame.decoder().push(stream))) {
    if (event._tag === "Header") {
      files.push({ name: event.name, parts: [] })
    } else if (event._tag === "Content") {
      files.at(-1)?.parts.push(event.bytes)
    }
  }
  return files.map(({ name, parts }) => ({ name, bytes: Sql.concat(parts) }))
}

export const streamOf = (files: ReadonlyArray<File>): Uint8Array =>
  Sql.concat(files.flatMap(({ bytes, name }) => [Frame.header(name, bytes.length), bytes]))

const isMetadata = (name: string): boolean => /^metadata(\.header|\.partial\.\d+)?$/.test(name)

/**
 * Our definitions hold blanks that our own metadata tells to take out again; another tool's tables do not. What holds no
 * statements stays as it is.
 */
const unguarded = (bytes: Uint8Array): Uint8Array =>
  Either.match(Statement.split(bytes, { terminator: "guarded" }), {
    onLeft: () => bytes,
    onRight: (statements) =>
      Sql.concat(statements.flatMap((statement) => [SchemaFile.unguard(statement.bytes), Sql.bytes(";\n")]))
  })

/** Without what only we write. */
export const withoutManifest = (files: ReadonlyArray<File>): ReadonlyArray<File> =>
  files.map(({ bytes, name }) =>
    isMetadata(name)
      ? {
        name,
        bytes: Metadata.render({
          ...Either.getOrThrow(Metadata.parse(bytes)),
          announcement: Option.none(),
          files: []
        })
      }
      : { name, bytes: name.endsWith("-schema.sql") ? unguarded(bytes) : bytes }
  ).filter(({ bytes }) => bytes.length > 0)

export type Compression = "none" | "gzip" | "zstd"

/** Compresses files, each in the way that is its turn. Zstandard is only stored. */
export const compressed = (files: ReadonlyArray<File>, ways: ReadonlyArray<Compression>): ReadonlyArray<File> =>
  files.map(({ bytes, name }, i) => {
    const way = isMetadata(name) ? "none" : ways[i % ways.length]
    switch (way) {
      case "gzip":
        return { name: `${name}.gz`, bytes: new Uint8Array(gzipSync(bytes, { level: 1 })) }
      case "zstd":
        return {
          name: `${name}.zst`,
          bytes: Zstd.frame({
            blocks: Array.from(
              { length: Math.ceil(bytes.length / 100_000) },
              (_, i) => ({ bytes: bytes.slice(i * 100_000, (i + 1) * 100_000) })
            ),
            checksum: true,
            size: true
          })
        }
      default:
        return { name, bytes }
    }
  })

/** The rows of data files, which name their columns, put into files of their own, each before or behind the statement that loads it. */
export const loaded = (
  files: ReadonlyArray<File>,
  shape: LoadData.Shape,
  rowsFirst: boolean
): ReadonlyArray<File> =>
  files.flatMap((file) => {
    if (!/\.\d{5}\.sql$/.test(file.name)) {
      return [file]
    }
    const statements = Either.getOrThrow(Statement.split(file.bytes)).map(({ bytes }) => bytes)
    const inserts = statements.filter((bytes) => Statement.classify(bytes)._tag === "Insert")
    const decoded = inserts.map((bytes) => Either.getOrThrow(Row.decodeInsert(bytes)))
    const [first] = decoded
    const columns = first?.columns ?? []
    const json = columns.filter((_, i) => decoded.some((insert) => insert.rows.some((row) => row[i]?._tag === "Json")))
    const name = file.name.replace(/sql$/, "dat")
    const rows = {
      name,
      bytes: LoadData.content(
        columns,
        decoded.flatMap((insert) => insert.rows.map((row) => row.map((literal) => Row.cell(literal)))),
        shape
      )
    }
    const statement = {
      name: file.name,
      bytes: Sql.concat(
        [
          ...statements.slice(0, -inserts.length),
          Sql.bytes(LoadData.statement(name, first?.table.name ?? "", columns, shape, json))
        ].flatMap((bytes) => [bytes, Sql.bytes(";\n")])
      )
    }
    return rowsFirst ? [rows, statement] : [statement, rows]
  })

/** A stream that carries only the names of another. */
export const namesOnly = (stream: Uint8Array): Uint8Array =>
  streamOf(filesOf(stream).map(({ name }) => ({ name, bytes: new Uint8Array(0) })))
