/**
 * What a backup holds, told at its start, so that whoever restores it can find out at once whether the target can take
 * it: the server it was taken from, its objects by name, and what each of them asks of a server.
 *
 * It stands in a section of ours in the metadata, which mydumper's loader ignores:
 *
 * ```text
 * [sluice.inventory]
 * server = mariadb 10.11.14-MariaDB
 * lower-case-table-names = 0
 * features = ["COLLATE utf8mb4_bin","ENGINE InnoDB"]
 * database.0 = ["shop",[0],[["table","orders","",[0,1]],["view","paid","root@%",[0]]]]
 * ```
 *
 * @since 0.1.0
 */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"

/**
 * What an item is. A trigger's name is that of its table.
 *
 * @since 0.1.0
 * @category models
 */
export const ItemKind = Schema.Literal("table", "sequence", "view", "trigger", "function", "procedure", "event")

/**
 * @since 0.1.0
 * @category models
 */
export type ItemKind = typeof ItemKind.Type

/**
 * One object of a database.
 *
 * @since 0.1.0
 * @category models
 */
export interface Item {
  readonly kind: ItemKind
  readonly name: string
  /** `user@host`, or nothing for what has no definer. */
  readonly definer: string
  /**
   * What a server must know, or let the account do, to take it: a word, and most often a name behind it.
   *
   * - `ENGINE InnoDB`, `COLLATE utf8mb4_bin`, `TYPE uuid`, `MODE ORACLE`
   * - `REFERENCES shop`: a foreign key refers to a table of that database
   * - `UNSAFE`: a function that does not say that a binary log can repeat it
   */
  readonly features: ReadonlyArray<string>
}

/**
 * @since 0.1.0
 * @category models
 */
export interface DatabaseInventory {
  readonly name: string
  /** What its own definition asks for. */
  readonly features: ReadonlyArray<string>
  readonly items: ReadonlyArray<Item>
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Inventory {
  /** Whose server it was: `mysql`, `mariadb`, or what else there may be. */
  readonly vendor: string
  /** As the server said it. */
  readonly version: string
  /** Of the server: 0 when names of tables that differ by case only are different tables. */
  readonly lowerCaseTableNames: number
  readonly databases: ReadonlyArray<DatabaseInventory>
}

const Places = Schema.Array(Schema.NonNegativeInt)
const Features = Schema.parseJson(Schema.Array(Schema.String))
const Database = Schema.parseJson(
  Schema.Tuple(
    Schema.String,
    Places,
    Schema.Array(Schema.Tuple(ItemKind, Schema.String, Schema.String, Places))
  )
)

/**
 * The lines of the section, as keys and values without line feeds.
 *
 * @since 0.1.0
 * @category encoding
 */
export const render = (inventory: Inventory): ReadonlyArray<readonly [key: string, value: string]> => {
  const places = new Map<string, number>()
  const placesOf = (features: ReadonlyArray<string>): ReadonlyArray<number> =>
    features.map((feature) => {
      const known = places.get(feature) ?? places.size
      places.set(feature, known)
      return known
    })
  const databases = inventory.databases.map(({ features, items, name }, i) =>
    [
      `database.${i}`,
      Schema.encodeSync(Database)([
        name,
        placesOf(features),
        items.map((item) => [item.kind, item.name, item.definer, placesOf(item.features)] as const)
      ])
    ] as const
  )
  return [
    ["server", `${inventory.vendor} ${inventory.version.replace(/\s+/g, " ").trim()}`],
    ["lower-case-table-names", String(inventory.lowerCaseTableNames)],
    ["features", Schema.encodeSync(Features)(Array.from(places.keys()))],
    ...databases
  ]
}

/**
 * Reads the lines of the section. The failure says which one it is that cannot be read.
 *
 * @since 0.1.0
 * @category decoding
 */
export const parse = (lines: ReadonlyMap<string, string>): Either.Either<Inventory, string> =>
  Either.gen(function*() {
    const server = /^(\S+) (.*)$/.exec(`${lines.get("server") ?? ""} `)
    const names = lines.get("lower-case-table-names")
    if (server === null || names === undefined || !/^[0-2]$/.test(names)) {
      return yield* Either.left(server === null ? "server" : "lower-case-table-names")
    }
    const known = yield* Either.mapLeft(
      Schema.decodeUnknownEither(Features)(lines.get("features")),
      () => "features"
    )
    const databases: Array<DatabaseInventory> = []
    for (const [key, value] of lines) {
      if (key.startsWith("database.")) {
        const [name, own, items] = yield* Either.mapLeft(Schema.decodeUnknownEither(Database)(value), () => key)
        const all = [own, ...items.map((item) => item[3])].flat()
        if (all.some((place) => place >= known.length)) {
          return yield* Either.left(key)
        }
        const featuresAt = (places: ReadonlyArray<number>) => places.map((place) => known[place] ?? "")
        databases.push({
          name,
          features: featuresAt(own),
          items: items.map(([kind, name, definer, places]) => ({ kind, name, definer, features: featuresAt(places) }))
        })
      }
    }
    return {
      vendor: server[1] ?? "",
      version: (server[2] ?? "").trim(),
      lowerCaseTableNames: Number(names),
      databases
    }
  })
