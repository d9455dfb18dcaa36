/**
 * What a restore will ask of its target, from what the backup says of itself at its start; and that the target can give
 * it, before anything is changed there.
 *
 * @internal
 */
import type * as Inventory from "@sluice/format/Inventory"
import type * as Metadata from "@sluice/format/Metadata"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

import type { Existing, Options } from "../Restore.js"
import { TargetError } from "../SluiceError.js"
import { Staging } from "../Staging.js"
import * as Target from "../Target.js"
import * as ReadAhead from "./readAhead.js"
import * as wantedDatabases from "./wantedDatabases.js"

interface Draft {
  readonly acts: Set<Target.Act>
  readonly tables: Set<string>
  readonly definers: Set<string>
  readonly features: Map<string, string>
}

const ifThere: { readonly [E in Existing["_tag"]]: Target.DatabaseDemands["ifThere"] } = {
  Fail: "Refuse",
  Drop: "Drop",
  Truncate: "Drop",
  Delete: "Delete",
  Skip: "Nothing"
}

/** What the metadata of another tool tells: the names of tables and views, by the parts that stand in file names. */
const fromTables = (
  tables: ReadonlyArray<Metadata.TableSection>,
  features: ReadonlyMap<string, ReadonlyArray<string>>
): ReadonlyArray<Inventory.DatabaseInventory> => {
  const databases = new Map<string, Array<Inventory.Item>>()
  for (const { database, isSequence, isView, realName, table } of tables) {
    const items = databases.get(database) ?? []
    databases.set(database, items)
    items.push({
      kind: isView ? "view" : isSequence ? "sequence" : "table",
      name: realName,
      definer: "",
      features: features.get(`${database}.${table}`) ?? []
    })
  }
  return Array.from(databases, ([name, items]) => ({ name, features: [], items }))
}

/** Another tool puts a name of its own in the place of one that no file could have. */
const isAlias = (part: string): boolean => /^mydumper_\d+$/.test(part)

const actsOf: { readonly [K in Inventory.ItemKind]: ReadonlyArray<Target.Act> } = {
  table: [],
  sequence: [],
  // it begins as a table, which then makes way for it
  view: ["Drop", "CreateView"],
  trigger: ["CreateTrigger"],
  function: ["CreateRoutine"],
  procedure: ["CreateRoutine"],
  event: ["CreateEvent"]
}

const isWanted = (options: Options, database: string) => ({ kind, name }: Inventory.Item): boolean => {
  switch (kind) {
    case "table":
      return options.includes(database, name)
    case "sequence":
    case "view":
      return options.schemas && options.includes(database, name)
    case "trigger":
      return options.schemas && options.triggers && options.includes(database, name)
    default:
      return options.schemas && options.programs
  }
}

/**
 * What a restore with these options asks of a target. `features` is what was read ahead of a backup that has no
 * inventory, by the parts of tables' names in file names.
 *
 * @internal
 */
export const demands = (
  options: Options,
  metadata: Metadata.Metadata,
  features: ReadonlyMap<string, ReadonlyArray<string>>
): Target.Demands => {
  const inventory = Option.flatMap(metadata.announcement, ({ inventory }) => inventory)
  const held = Option.match(inventory, {
    onNone: () => fromTables(metadata.tables, features).filter(({ name }) => !isAlias(name)),
    onSome: ({ databases }) => databases
  })
  const nameOf = (name: string) => Option.getOrElse(options.database, () => name)
  const isWantedDatabase = wantedDatabases.make(options)
  const known = new Set(held.map(({ name }) => name))
  const drafts = new Map<string, Draft>()
  for (const { features, items, name } of held) {
    if (!isWantedDatabase(name)) {
      continue
    }
    const draft: Draft = drafts.get(nameOf(name)) ??
      { acts: new Set(["Create"]), tables: new Set(), definers: new Set(), features: new Map() }
    drafts.set(nameOf(name), draft)
    const ask = (feature: string, object: string) => {
      if (!draft.features.has(feature)) {
        draft.features.set(feature, object)
      }
    }
    features.forEach((feature) => ask(feature, name))
    for (const item of items.filter(isWanted(options, name))) {
      const object = `${name}.${item.name}`
      actsOf[item.kind].forEach((act) => draft.acts.add(act))
      if (item.kind === "table" || item.kind === "sequence" || item.kind === "view") {
        draft.tables.add(item.name)
      }
      if ((item.kind === "table" && options.rows) || item.kind === "sequence") {
        draft.acts.add("Insert")
      }
      if (!options.schemas) {
        continue
      }
      if (item.definer !== "") {
        draft.definers.add(item.definer)
      }
      if (item.kind === "function" || item.kind === "trigger") {
        ask("LOGGED", object)
      }
      for (const feature of item.features) {
        const parent = /^REFERENCES (.*)$/s.exec(feature)?.[1]
        ask(parent === undefined ? feature : `REFERENCES ${known.has(parent) ? nameOf(parent) : parent}`, object)
      }
    }
  }
  const said = Number(metadata.config.get("max-statement-size") ?? "0")
  return {
    databases: Array.from(drafts, ([name, draft]) => ({
      name,
      acts: draft.acts,
      tables: Array.from(draft.tables),
      ifThere: options.schemas ? ifThere[options.existing._tag] : "Nothing",
      definers: draft.definers,
      features: draft.features
    })),
    longestStatement: !options.rows ? 0 : Option.match(metadata.announcement, {
      onNone: () => Number.isSafeInteger(said) ? said : 0,
      onSome: ({ longestStatement }) => Option.getOrElse(longestStatement, () => 0)
    }),
    accounts: options.users
  }
}

/**
 * Fails with everything that stands in the way.
 *
 * @internal
 */
export const make = (options: Options) =>
  Effect.map(Effect.all([Target.Target, Staging]), ([target, staging]) => {
    let isDone = false
    const readAhead = (metadata: Metadata.Metadata) =>
      options.schemas && Option.isNone(metadata.announcement)
        ? Effect.provideService(ReadAhead.read(metadata), Staging, staging)
        : Effect.succeed(new Map<string, ReadonlyArray<string>>())
    return {
      /** To be given all metadata as it comes; the first says most, and comes before anything is run. */
      look: (metadata: Metadata.Metadata): Effect.Effect<void, TargetError> =>
        Effect.suspend(() => {
          if (isDone) {
            return Effect.void
          }
          isDone = true
          return readAhead(metadata).pipe(
            Effect.flatMap((features) => target.obstacles(demands(options, metadata, features))),
            Effect.flatMap(([first, ...more]) =>
              first === undefined ? Effect.void : new TargetError({
                reason: first.reason,
                what: "the target cannot take this backup as it is",
                detail: [first, ...more].map(({ says }) => says).join("; "),
                advice: `Nothing was changed. ${
                  capital(Array.from(new Set([first, ...more].map(({ advice }) => advice))).join("; "))
                }`
              })
            )
          )
        })
    }
  })

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)
