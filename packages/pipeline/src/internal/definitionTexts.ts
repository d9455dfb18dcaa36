/**
 * What the files of definitions say of objects: a text of each, by its kind and name, without the name of its database.
 * The same for a file of a backup and for what a server would give a dump.
 *
 * @internal
 */
import type * as FileName from "@sluice/format/FileName"
import * as Sequence from "@sluice/format/Sequence"
import * as Sql from "@sluice/format/Sql"
import * as Statement from "@sluice/format/Statement"

/** What the state of a session decides about an object, by the kind of file. */
const states: { readonly [Tag in FileName.FileName["_tag"]]?: ReadonlyArray<string> } = {
  View: ["character_set_client", "collation_connection"],
  Triggers: ["character_set_client", "collation_connection", "sql_mode"],
  Post: ["character_set_client", "collation_connection", "sql_mode", "time_zone"]
}

/** @internal */
export interface Object {
  /** Such as ``table `orders` ``. */
  readonly what: string
  /** Its own name; empty for the database itself. */
  readonly name: string
  /** The table that a trigger belongs to. */
  readonly table?: string | undefined
  /** The statement that makes it. */
  readonly create: Uint8Array
  readonly text: string
  /** What of it every server and tool writes alike; none where that is not known. */
  readonly portable?: string | undefined
}

/** The sql_mode says which quotes there are. */
const definer = /\bDEFINER\s*=\s*(?:`(?:[^`]|``)*`@`(?:[^`]|``)*`|"(?:[^"]|"")*"@"(?:[^"]|"")*")\s*/

/** What a trigger does, and what an event does, behind what servers print in their own way. */
const bodies: { readonly [Kind in Statement.ProgramKind]?: RegExp } = {
  TRIGGER: /\bFOR\s+EACH\s+ROW\s+(?:(?:FOLLOWS|PRECEDES)\s+(?:`(?:[^`]|``)*`|"(?:[^"]|"")*"|\w+)\s+)?([\s\S]*)$/i,
  EVENT: / (?:ENABLE|DISABLE(?: ON \w+)?)(?: COMMENT '(?:[^'\\]|\\.|'')*')? DO ([\s\S]*)$/
}

/** Without the account that made it, and the type that a function returns. */
const portableOf = (kind: Statement.ProgramKind, text: string): string => {
  const body = bodies[kind]?.exec(text)?.[1]
  return body ?? text.replace(definer, "").replace(/\) RETURNS [^\n]*\n/, ")\n")
}

const counter = /^(\) (?:\/\*!50100 TABLESPACE `(?:[^`]|``)+` \*\/ )?ENGINE=\w+) AUTO_INCREMENT=(\d+)/m

/** Views and programs are written in character sets of their own. What is no UTF-8 stands there byte by byte. */
const textOf = (bytes: Uint8Array): string => {
  const text = Sql.text(bytes)
  return text.includes("\ufffd") ? Buffer.from(bytes).toString("latin1") : text
}

/** MariaDB prints a sequence as a table, to whom asks for a table. */
const sequence = /^\) ENGINE=\w+ SEQUENCE=1\b/m

/** When a trigger fires. Those of one moment fire in an order. */
const moment = /\b(BEFORE|AFTER)\s+(INSERT|UPDATE|DELETE)\s+ON\b/i

/**
 * Reads one file, a statement at a time, without the blanks of `SchemaFile.guard`. `renamed` gives the name that a
 * database has on the other side, where that is another one.
 *
 * @internal
 */
export const reader = (
  file: FileName.FileName,
  renamed: (database: string) => string | undefined = () => undefined
) => {
  const objects: Array<Object> = []
  const state = new Map<string, string>()
  const wanted = states[file._tag] ?? []
  const moments = new Map<string, Array<string>>()
  /** The name of what is made next, in the character set of the file. */
  let dropped: string | undefined
  const only = new Uint8Array()

  const inState = (text: string): string =>
    [...wanted.flatMap((name) => state.has(name) ? [`${name} = ${state.get(name) ?? ""}`] : []), text].join("\n")

  const table = (name: string, create: Uint8Array): void => {
    const quoted = Sql.quoteIdentifier(name)
    const text = textOf(Sequence.rename(create, renamed))
    if (sequence.test(text)) {
      objects.push({ what: `sequence ${quoted}`, name, create, text })
      return
    }
    const next = counter.exec(text)
    objects.push({ what: `table ${quoted}`, name, create, text: text.replace(counter, "$1") })
    if (next !== null) {
      objects.push({ what: `next AUTO_INCREMENT of ${quoted}`, name, create: only, text: next[2] ?? "" })
    }
  }

  const program = (
    kind: Statement.ProgramKind,
    name: string,
    ofTable: string | undefined,
    create: Uint8Array
  ): void => {
    const what = `${kind.toLowerCase()} ${Sql.quoteIdentifier(name)}`
    const text = textOf(create)
    objects.push({
      what,
      name,
      ...(ofTable === undefined ? {} : { table: ofTable }),
      create,
      text: inState(text),
      portable: portableOf(kind, text)
    })
    const [, timing, event] = (ofTable === undefined ? null : moment.exec(text)) ?? []
    if (ofTable !== undefined && timing !== undefined && event !== undefined) {
      const key = `${timing.toUpperCase()} ${event.toUpperCase()} ON ${Sql.quoteIdentifier(ofTable)}`
      moments.set(key, [...(moments.get(key) ?? []), name])
    }
  }

  return {
    take: (statement: Uint8Array): void => {
      // what is taken is lent
      const bytes = statement.slice()
      const kind = Statement.classify(bytes)
      switch (kind._tag) {
        case "Set":
          for (const { scope, value, variable } of kind.assignments) {
            if (scope === "Session" && !value.startsWith("@")) state.set(variable, value)
          }
          break
        case "CreateDatabase":
          objects.push({
            what: "database",
            name: kind.name,
            create: bytes,
            text: textOf(bytes).replace(Sql.quoteIdentifier(kind.name), "`…`")
          })
          break
        case "CreateTable":
          table(kind.table.name, bytes)
          break
        case "AlterTable": {
          // some tools put keys behind the table
          const last = objects.findIndex(({ what }) => what === `table ${Sql.quoteIdentifier(kind.table.name)}`)
          const made = objects[last]
          if (made !== undefined) objects[last] = { ...made, text: `${made.text};\n${textOf(bytes)}` }
          break
        }
        case "Drop":
          dropped = kind.names[0]?.name
          break
        case "CreateView": {
          const name = dropped ?? kind.view.name
          objects.push({
            what: `view ${Sql.quoteIdentifier(name)}`,
            name,
            create: bytes,
            text: inState(textOf(bytes))
          })
          break
        }
        case "CreateSequence":
          objects.push({
            what: `sequence ${Sql.quoteIdentifier(kind.sequence.name)}`,
            name: kind.sequence.name,
            create: bytes,
            text: textOf(bytes)
          })
          break
        case "CreateProgram":
          program(kind.kind, dropped ?? kind.name.name, kind.table?.name, bytes)
          dropped = undefined
          break
        case "Insert":
        case "Other": {
          const sequence = objects.find(({ what }) => what.startsWith("sequence "))
          if (file._tag === "Sequence" && sequence !== undefined) {
            objects.push({
              what: `position of ${Sql.quoteIdentifier(sequence.name)}`,
              name: sequence.name,
              create: only,
              text: Sql.text(bytes)
            })
          }
          break
        }
        default:
      }
    },
    objects: (): ReadonlyArray<Object> => [
      ...objects,
      ...Array.from(moments).flatMap(([key, names]) =>
        names.length < 2 ? [] : [{
          what: `order of the triggers ${key}`,
          name: "",
          create: only,
          text: names.map(Sql.quoteIdentifier).join(", ")
        }]
      )
    ]
  }
}
