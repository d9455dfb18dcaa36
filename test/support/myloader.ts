/**
 * A small model of how mydumper's own loader reads a stream: it takes only what that takes, and says what it would not
 * take, or would take for something else. Where our reader forgives, this one does not.
 */
import { Sql } from "@sluice/format"

const chars = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1")

export interface Frame {
  readonly name: string
  readonly body: string
}

/**
 * Frames as its reader of lines finds them: a header is a line behind a line feed, and counts only where the file before
 * it has as many bytes as was said. `complaints` is what would go wrong.
 */
export const frames = (stream: Uint8Array, complaints: Array<string>): ReadonlyArray<Frame> => {
  const text = chars(stream)
  const found: Array<{ readonly name: string; readonly size: number; readonly begin: number; end: number }> = []
  let at = text.indexOf("\n-- ")
  if (at !== 0) {
    complaints.push("the stream does not begin with a line feed and a header")
  }
  while (at !== -1) {
    const last = found.at(-1)
    const written = last === undefined ? 0 : at - last.begin
    const lineEnd = text.indexOf("\n", at + 1)
    const next = text.indexOf("\n-- ", at + 1)
    if (last === undefined || written === last.size) {
      // words are cut at single spaces: a name that holds one is cut too
      const [, name = "", size = ""] = text.slice(at + 1, lineEnd).split(" ")
      if (!/^\d+$/.test(size) || text.slice(at + 1, lineEnd) !== `-- ${name} ${size}`) {
        complaints.push(`a header that is read as another: ${text.slice(at + 1, lineEnd)}`)
      }
      if (lineEnd - at > 99) {
        complaints.push(`a header of more than 99 bytes, at which a header-only stream ends: ${name}`)
      }
      if (Number(size) >= 2 ** 32 || Number(size) === 0) {
        complaints.push(`a size that is none: ${name} ${size}`)
      }
      if (last !== undefined) {
        last.end = at
      }
      found.push({ name, size: Number(size), begin: lineEnd + 1, end: text.length })
      at = text.indexOf("\n-- ", lineEnd)
      continue
    }
    if (written > last.size) {
      complaints.push(`more bytes than were said: ${last.name}`)
      return []
    }
    at = next
  }
  return found.map(({ begin, end, name, size }) => {
    if (end - begin !== size) {
      complaints.push(`${name} has ${end - begin} bytes and should have ${size}`)
    }
    return { name, body: text.slice(begin, end) }
  })
}

type Groups = ReadonlyMap<string, ReadonlyMap<string, string>>

/** The keys of `[config]` that become options of the loader; any other ends it. */
const configKeys = new Set(["quote-character", "local-infile", "max-statement-size", "num-sequences"])

/** A key file by the rules of GLib's reader, which takes a file whole or not at all. */
export const keyFile = (name: string, body: string, complaints: Array<string>): Groups => {
  const groups = new Map<string, Map<string, string>>()
  let group: Map<string, string> | undefined
  for (const line of body.split("\n")) {
    const header = /^\[([^[\]\x00-\x1f\x7f]+)\]\s*$/.exec(line)
    if (line.trim() === "" || line.startsWith("#")) {
      continue
    }
    if (header !== null) {
      const [, key = ""] = header
      group = groups.get(key) ?? new Map()
      groups.set(key, group)
      continue
    }
    const equals = line.indexOf("=")
    const key = (equals === -1 ? line : line.slice(0, equals)).trimEnd()
    if (group === undefined || key === "" || /[[\]]/.test(key) || /^\s/.test(key)) {
      complaints.push(`${name}: a line that no key file has: ${line}`)
    } else {
      group.set(key, equals === -1 ? "1" : line.slice(equals + 1).trimStart())
    }
  }
  for (const key of groups.get("config")?.keys() ?? []) {
    if (!configKeys.has(key)) {
      complaints.push(`${name}: [config] has ${key}, which is no option of the loader`)
    }
  }
  return groups
}

/** Statements by its rule: text is gathered line by line, until `;` and a line feed are in its last five bytes. */
export const statements = (name: string, body: string, complaints: Array<string>): ReadonlyArray<string> => {
  const found: Array<string> = []
  let text = ""
  for (const line of body.match(/[^\n]*\n|[^\n]+$/g) ?? []) {
    text += line
    if (text.slice(-5).includes(";\n")) {
      found.push(text.slice(0, text.lastIndexOf(";\n")))
      text = ""
    }
  }
  if (text !== "") {
    complaints.push(`${name}: text behind the last statement, which is passed over: ${text.slice(0, 60)}`)
  }
  return found
}

/** An INSERT as it is sent: what stands up to the first VALUES, and the lines behind it without their line feeds. */
const rebuilt = (insert: string): string => {
  const at = insert.indexOf("VALUES")
  return insert.slice(0, at) + insert.slice(at).replaceAll("\n", "")
}

export interface Loaded {
  readonly complaints: ReadonlyArray<string>
  /** The statements that are run, by file. */
  readonly statements: ReadonlyMap<string, ReadonlyArray<string>>
  readonly metadata: Groups
}

const sqlName =
  /^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+(-schema(-view|-triggers|-sequence)?|\.\d{5,}(\.\d{5,})?)|-schema-(create|post|triggers))\.sql$/

/** Names that it passes over with a warning. */
const passedOver = new Set(["all-schema-create-tablespace.sql", "all-users.sluice"])

/** What a file is, its database and its table, found from the end of its name. */
const partsOf = (name: string) => {
  const [, stem = "", kind = ""] = /^(.*)(-schema(?:-create|-post|-triggers|-view|-sequence)?\.sql)$/.exec(name) ?? []
  const [database = "", table] = (kind === "" ? name : stem).split(".")
  return { kind: kind === "" ? "rows" : kind, database, table }
}

const kindOf = (name: string): string => partsOf(name).kind

const startOf: Readonly<Record<string, RegExp>> = {
  "-schema-create.sql": /^CREATE DATABASE /,
  "-schema.sql": /^(CREATE TABLE |ALTER TABLE |CREATE SEQUENCE |DO SETVAL|SELECT SETVAL|DROP )/,
  "-schema-sequence.sql": /^(DROP |CREATE SEQUENCE |DO SETVAL|SELECT SETVAL)/,
  "-schema-view.sql": /^(DROP |SET |CREATE (ALGORITHM|DEFINER|OR REPLACE|VIEW|SQL))/,
  "-schema-triggers.sql": /^(DROP |SET |CREATE )/,
  "-schema-post.sql": /^(DROP |SET |CREATE )/,
  "rows": /^(INSERT INTO |LOAD DATA LOCAL INFILE '[^']+' INTO TABLE )/
}

const datName = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.\d{5,}(\.\d{5,})?\.dat$/

/** Reads a stream as it does. */
export const load = (stream: Uint8Array): Loaded => {
  const complaints: Array<string> = []
  const files = frames(stream, complaints)
  const [first] = files
  if (first?.name !== "metadata.header" || files.at(-1)?.name !== "metadata") {
    complaints.push("the stream does not begin with metadata.header, or does not end with metadata")
  }
  const found = new Map<string, ReadonlyArray<string>>()
  let metadata: Groups = new Map()
  for (const { body, name } of files) {
    if (found.has(name)) {
      complaints.push(`${name} comes twice, and the second is passed over`)
    }
    if (/^metadata(\.header|\.partial\.\d+)?$/.test(name)) {
      const groups = keyFile(name, body, complaints)
      if (name === "metadata.header" && !groups.has("config")) {
        complaints.push("metadata.header has no [config]")
      }
      metadata = name === "metadata" ? groups : metadata
      found.set(name, [])
      continue
    }
    if (datName.test(name) && name.length <= 90) {
      // it waits for ever for the rows of a statement that came after them, or for which none come
      if (found.has(name.replace(/\.dat$/, ".sql"))) {
        found.set(name, [])
      } else {
        complaints.push(`${name} comes before what loads it`)
      }
      continue
    }
    if (!sqlName.test(name) || name.length > 90) {
      if (!passedOver.has(name)) {
        complaints.push(`${name} is not a name that it knows, or too long`)
      }
      continue
    }
    const run = statements(name, body, complaints)
    const content = run.filter((statement) => !statement.startsWith("/*!"))
    const start = startOf[kindOf(name)]
    for (const statement of content) {
      if (start?.test(statement) !== true) {
        complaints.push(`${name}: a statement that it would not know: ${statement.slice(0, 60)}`)
      }
    }
    found.set(name, kindOf(name) === "rows" ? run.map((sql) => sql.startsWith("INSERT") ? rebuilt(sql) : sql) : run)
  }
  for (const [name, statements] of found) {
    if (!name.endsWith(".sql")) {
      continue
    }
    for (const statement of statements) {
      const file = /^LOAD DATA LOCAL INFILE '([^']+)'/.exec(statement)?.[1]
      if (file !== undefined && !found.has(file)) {
        complaints.push(`${name} loads ${file}, which does not come: it waits for it for ever`)
      }
      if (file !== undefined && metadata.get("config")?.get("local-infile") !== "1") {
        complaints.push(`${name} loads a file, and nothing lets the server ask for one`)
      }
    }
    const { database, table } = partsOf(name)
    if (!found.has(`${database}-schema-create.sql`)) {
      complaints.push(`${name}: its database is not created`)
    }
    if (table !== undefined && !name.includes("-schema-triggers")) {
      const section = metadata.get(`\`${database}\`.\`${table}\``)
      if (section?.get("real_table_name") === undefined) {
        complaints.push(`${name}: the metadata does not say what the table is called`)
      }
      if (!found.has(`${database}.${table}-schema.sql`) && !found.has(`${database}.${table}-schema-sequence.sql`)) {
        complaints.push(`${name}: its table is not created`)
      }
    }
  }
  return { complaints, statements: found, metadata }
}

export const bytesOf = (statement: string): Uint8Array => new Uint8Array(Buffer.from(statement, "latin1"))

export const isSet = (statement: string): boolean => Sql.text(bytesOf(statement)).startsWith("/*!")
