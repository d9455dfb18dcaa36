/**
 * What a comparison found, as plain data: what programs read and people are shown.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * How something differs: the source has it alone, the target has it alone, or both have it and it is not the same.
 *
 * @since 0.1.0
 * @category models
 */
export const How = Schema.Literal("Missing", "Extra", "Different").annotations({
  identifier: "How",
  description: "Missing: only in the source. Extra: only in the target. Different: in both, and not the same."
})

/**
 * @since 0.1.0
 * @category models
 */
export type How = typeof How.Type

/**
 * An object, or a part of one, whose definition differs.
 *
 * @since 0.1.0
 * @category models
 */
export const DefinitionDifference = Schema.TaggedStruct("Definition", {
  database: Schema.String.annotations({ description: "The name of the database in the source." }),
  what: Schema.String.annotations({ description: "Kind and name, such as: table `orders`" }),
  how: How,
  source: Schema.optional(Schema.String).annotations({ description: "The first place that differs, in the source." }),
  target: Schema.optional(Schema.String).annotations({ description: "The same place in the target." })
})

/**
 * @since 0.1.0
 * @category models
 */
export type DefinitionDifference = typeof DefinitionDifference.Type

/**
 * A row that differs, by its key.
 *
 * @since 0.1.0
 * @category models
 */
export const KeyDifference = Schema.Struct({
  key: Schema.Array(Schema.String).annotations({
    description: "The values of the key's columns, in their order: numbers as they are, texts and times in quotes."
  }),
  how: How
})

/**
 * @since 0.1.0
 * @category models
 */
export type KeyDifference = typeof KeyDifference.Type

/**
 * A table whose rows differ.
 *
 * @since 0.1.0
 * @category models
 */
export const RowsDifference = Schema.TaggedStruct("Rows", {
  database: Schema.String.annotations({ description: "The name of the database in the source." }),
  table: Schema.String,
  sourceRows: Schema.Number,
  targetRows: Schema.Number,
  keyColumns: Schema.Array(Schema.String).annotations({
    description: "The columns that rows are named by; none if the table has no key on either side."
  }),
  keys: Schema.Array(KeyDifference),
  more: Schema.Number.annotations({ description: "How many rows differ besides, at least." }),
  note: Schema.optional(Schema.String)
})

/**
 * @since 0.1.0
 * @category models
 */
export type RowsDifference = typeof RowsDifference.Type

/**
 * @since 0.1.0
 * @category models
 */
export const Difference = Schema.Union(DefinitionDifference, RowsDifference)

/**
 * @since 0.1.0
 * @category models
 */
export type Difference = typeof Difference.Type

/**
 * One side of a comparison.
 *
 * @since 0.1.0
 * @category models
 */
export const Side = Schema.Struct({
  server: Schema.String.annotations({ description: "The server's vendor and version." }),
  consistency: Schema.String.annotations({ description: "How far everything is of one moment." }),
  written: Schema.NullOr(Schema.Boolean).annotations({
    description: "Whether the server was written to while it was compared; null where it does not tell."
  })
})

/**
 * @since 0.1.0
 * @category models
 */
export type Side = typeof Side.Type

/**
 * What was compared, and what came of it.
 *
 * @since 0.1.0
 * @category models
 */
export const Comparison = Schema.Struct({
  equal: Schema.Boolean.annotations({ description: "Nothing that was compared differs." }),
  source: Side,
  target: Side,
  databases: Schema.Number,
  tables: Schema.Number.annotations({ description: "Tables whose rows were compared." }),
  rows: Schema.Number.annotations({ description: "Rows of the source in them." }),
  objects: Schema.Number.annotations({ description: "Definitions that were compared." }),
  differences: Schema.Array(Difference),
  notCompared: Schema.Array(Schema.String).annotations({
    description: "What was not compared, although it was selected, and why."
  })
}).annotations({ identifier: "Comparison" })

/**
 * @since 0.1.0
 * @category models
 */
export type Comparison = typeof Comparison.Type

const counted = (n: number, one: string): string => `${n} ${one}${n === 1 ? "" : "s"}`

const quoted = (name: string): string => `\`${name.replaceAll("`", "``")}\``

const words: { readonly [H in How]: string } = {
  Missing: "missing in the target",
  Extra: "extra in the target",
  Different: "different"
}

const ofDefinition = (difference: DefinitionDifference): ReadonlyArray<string> => {
  const head = `${quoted(difference.database)}: ${difference.what}: ${words[difference.how]}`
  return difference.source === undefined || difference.target === undefined
    ? [head]
    : [`${head}`, `  source: ${difference.source}`, `  target: ${difference.target}`]
}

const ofRows = (difference: RowsDifference): ReadonlyArray<string> => {
  const columns = difference.keyColumns.join(", ")
  return [
    `${quoted(difference.database)}: rows of ${quoted(difference.table)}: ${
      difference.sourceRows === difference.targetRows
        ? `${counted(difference.sourceRows, "row")} on both sides, not the same ones`
        : `${counted(difference.sourceRows, "row")} in the source, ${difference.targetRows} in the target`
    }`,
    ...difference.keys.map(({ how, key }) =>
      `  ${key.length === 1 ? `${columns} = ${key.join()}` : `(${columns}) = (${key.join(", ")})`}: ${words[how]}`
    ),
    ...(difference.more === 0 ? [] : [`  and at least ${difference.more} more`]),
    ...(difference.note === undefined ? [] : [`  ${difference.note}`])
  ]
}

const moving = (comparison: Comparison): ReadonlyArray<string> => {
  const written = [
    ...(comparison.source.written === true ? ["the source"] : []),
    ...(comparison.target.written === true ? ["the target"] : [])
  ]
  return written.length === 0 ? [] : [
    `note: ${written.join(" and ")} was written to meanwhile: each side was compared as it was at a moment of its own`
  ]
}

/**
 * The last word of a comparison, in one line.
 *
 * @since 0.1.0
 * @category rendering
 */
export const line = (comparison: Comparison): string =>
  `${comparison.equal ? "EQUAL" : "DIFFERENT"}: compared ${
    [
      counted(comparison.databases, "database"),
      counted(comparison.objects, "definition"),
      `${counted(comparison.rows, "row")} of ${counted(comparison.tables, "table")}`
    ].join(", ")
  }; ${comparison.differences.length === 0 ? "no differences" : counted(comparison.differences.length, "difference")}${
    comparison.notCompared.length === 0 ? "" : `; not compared: ${counted(comparison.notCompared.length, "thing")}`
  }`

/**
 * Everything for people, as lines.
 *
 * @since 0.1.0
 * @category rendering
 */
export const lines = (comparison: Comparison): ReadonlyArray<string> => [
  ...comparison.differences.flatMap((difference) =>
    difference._tag === "Rows" ? ofRows(difference) : ofDefinition(difference)
  ),
  ...comparison.notCompared.map((what) => `not compared: ${what}`),
  `note: source: ${comparison.source.server}; ${comparison.source.consistency}`,
  `note: target: ${comparison.target.server}; ${comparison.target.consistency}`,
  ...moving(comparison)
]
