/**
 * What stands in the way of a restore, found out before it begins.
 *
 * @internal
 */
import * as Sql from "@sluice/format/Sql"
import type * as Target from "@sluice/pipeline/Target"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

import type * as Connection from "../Connection.js"
import type { MysqlError } from "../MysqlError.js"
import * as Dialect from "./dialect.js"
import * as Grants from "./grants.js"
import * as Probes from "./probes.js"
import * as TargetSession from "./targetSession.js"

/**
 * What a target says of itself and of the account.
 *
 * @internal
 */
export interface Facts {
  readonly server: string
  readonly dialect: Dialect.Dialect
  /** Global variables, in lower case, by name. */
  readonly variables: ReadonlyMap<string, string>
  readonly grants: ReadonlyArray<Grants.Grant>
  /** `user@host`. */
  readonly account: string
  readonly maxAllowedPacket: number
  readonly readOnlyDatabases: ReadonlySet<string>
  /** Tables, sequences and views that are there, by database, as the server spells them. */
  readonly there: ReadonlyMap<string, ReadonlyArray<string>>
  /** Features that the server does not know. */
  readonly unknown: ReadonlySet<string>
  /** The accounts that are there, `user@host`, and those with the power SYSTEM_USER; none where it may not be known. */
  readonly accounts: Option.Option<{ readonly all: ReadonlySet<string>; readonly system: ReadonlySet<string> }>
}

const privileges: { readonly [A in Target.Act]: ReadonlyArray<string> } = {
  Create: ["CREATE"],
  Insert: ["INSERT"],
  Drop: ["DROP"],
  Delete: ["DELETE"],
  CreateView: ["CREATE VIEW"],
  CreateTrigger: ["TRIGGER"],
  // those that are there are dropped first, which needs the second
  CreateRoutine: ["CREATE ROUTINE", "ALTER ROUTINE"],
  CreateEvent: ["EVENT"],
  Alter: ["ALTER"]
}

/** What may be granted on single tables as well. */
const ofTables: ReadonlySet<string> = new Set(["INSERT", "DROP", "DELETE", "CREATE VIEW", "TRIGGER"])

const most = 10

const listed = (names: ReadonlyArray<string>): string =>
  names.slice(0, most).join(", ") + (names.length > most ? ` and ${names.length - most} more` : "")

const isOn = (value: string | undefined): boolean => value !== undefined && !["off", "0", ""].includes(value)

const ofServer = ({ dialect, grants, variables }: Facts): ReadonlyArray<Target.Obstacle> => {
  const readOnly = variables.get("read_only")
  const nobody = ["super_read_only", "innodb_read_only"].filter((name) => isOn(variables.get(name)))
  const account = isOn(readOnly) && !Grants.allowsServer(grants, dialect.writesAnyhow) ? ["read_only"] : []
  const all = [...nobody, ...(readOnly === "no_lock_no_admin" ? ["read_only"] : account)]
  return all.length === 0 ? [] : [{
    reason: "Unsupported",
    says: `the server is read-only (${all.join(", ")})`,
    advice: "restore into one that may be written to"
  }]
}

const foldOf = ({ variables }: Facts) => (name: string): string =>
  variables.get("lower_case_table_names") === "0" ? name : name.toLowerCase()

/** Which of the tables that will be made are there already. */
const tablesThere = (facts: Facts, { name, tables }: Target.DatabaseDemands): ReadonlyArray<string> => {
  const fold = foldOf(facts)
  const there = new Set(
    Array.from(facts.there).filter(([database]) => fold(database) === fold(name)).flatMap(([, names]) =>
      names.map(fold)
    )
  )
  return tables.filter((table) => there.has(fold(table)))
}

const ofPrivileges = (facts: Facts, demands: Target.Demands): ReadonlyArray<Target.Obstacle> => {
  const { account, dialect, grants } = facts
  const missing = new Map<string, Array<string>>()
  const lacks = (privilege: string, where: string) => {
    missing.set(privilege, [...(missing.get(privilege) ?? []), where])
  }
  for (const demand of demands.databases) {
    const { definers, features, ifThere, name, tables } = demand
    const acts = new Set(demand.acts)
    if ((ifThere === "Drop" || ifThere === "Delete") && tablesThere(facts, demand).length > 0) {
      acts.add(ifThere)
    }
    const quoted = Sql.quoteIdentifier(name)
    for (const privilege of Array.from(acts).flatMap((act) => privileges[act])) {
      const may = Grants.allows(grants, [privilege], name) ||
        (ofTables.has(privilege) && tables.length > 0 &&
          tables.every((table) => Grants.allowsTable(grants, [privilege], name, table)))
      if (!may) {
        lacks(privilege, quoted)
      }
    }
    for (const feature of features.keys()) {
      const parent = /^REFERENCES (.*)$/s.exec(feature)?.[1]
      if (
        parent !== undefined && dialect.referencesNeedLeave && !Grants.allows(grants, ["REFERENCES"], parent) &&
        !tables.every((table) => Grants.allowsTable(grants, ["REFERENCES"], parent, table))
      ) {
        lacks("REFERENCES", Sql.quoteIdentifier(parent))
      }
    }
    const others = Array.from(definers).filter((definer) => definer !== account)
    if (others.length > 0 && !Grants.allowsServer(grants, dialect.namesDefiners)) {
      lacks(`${dialect.namesDefiners.join(" or ")} on *.*, for what has the definer`, listed(others))
    }
    if (Option.isSome(facts.accounts)) {
      const { all, system } = facts.accounts.value
      const of = (privilege: string, some: ReadonlyArray<string>) => {
        if (some.length > 0 && !Grants.allowsServer(grants, [privilege])) {
          lacks(`${privilege} on *.*, for what has the definer`, listed(some))
        }
      }
      of("ALLOW_NONEXISTENT_DEFINER", others.filter((definer) => !all.has(definer)))
      of("SYSTEM_USER", others.filter((definer) => system.has(definer)))
    }
  }
  if (demands.accounts && !Grants.allowsServer(grants, ["CREATE USER"])) {
    lacks("CREATE USER", "*.*")
  }
  return missing.size === 0 ? [] : [{
    reason: "Privilege",
    says: `the account ${account} lacks ${
      Array.from(missing, ([privilege, where]) =>
        `${privilege} ${privilege.endsWith("definer") ? "" : "on "}${listed(Array.from(new Set(where)))}`).join(", ")
    }`,
    advice: "grant what is missing"
  }]
}

/** A binary log makes servers wary of functions and triggers. */
const ofPrograms = ({ grants, variables }: Facts, demands: Target.Demands): ReadonlyArray<Target.Obstacle> => {
  if (!isOn(variables.get("log_bin")) || isOn(variables.get("log_bin_trust_function_creators"))) {
    return []
  }
  const unsafe = demands.databases.flatMap(({ features }) =>
    Option.toArray(Option.fromNullable(features.get("UNSAFE")))
  )
  const may = Grants.allowsServer(grants, ["SUPER"])
  const all = may
    ? []
    : demands.databases.flatMap(({ features }) => Option.toArray(Option.fromNullable(features.get("LOGGED"))))
  const stopped = Array.from(new Set([...unsafe, ...all]))
  return stopped.length === 0 ? [] : [{
    reason: "Privilege",
    says:
      `the server writes a binary log, and then takes functions and triggers such as ${listed(stopped)} from nobody ` +
      "whom it does not trust",
    advice: "set log_bin_trust_function_creators on the server"
  }]
}

/** Names that become one where case does not count. */
const collisions = (names: ReadonlyArray<string>): ReadonlyArray<string> => {
  const folded = new Map<string, Array<string>>()
  for (const name of names) {
    const key = name.toLowerCase()
    folded.set(key, [...(folded.get(key) ?? []), name])
  }
  return Array.from(folded.values()).filter((same) => same.length > 1).map((same) => same.join(" and "))
}

const ofNames = (facts: Facts, demands: Target.Demands): ReadonlyArray<Target.Obstacle> => {
  const folds = facts.variables.get("lower_case_table_names") !== "0"
  const same = !folds ? [] : [
    ...collisions(demands.databases.map(({ name }) => Sql.quoteIdentifier(name))),
    ...demands.databases.flatMap(({ name, tables }) =>
      collisions(tables.map((table) => Sql.quoteName({ database: name, name: table })))
    )
  ]
  const fold = foldOf(facts)
  const taken = demands.databases.filter(({ ifThere }) => ifThere === "Refuse").flatMap((demand) =>
    tablesThere(facts, demand).map((table) => `${demand.name}.${table}`)
  )
  const frozen = Array.from(facts.readOnlyDatabases).filter((database) =>
    demands.databases.some(({ name }) => fold(name) === fold(database))
  )
  return [
    ...(same.length === 0 ? [] : [{
      reason: "Unsupported" as const,
      says: `the server does not tell names apart by their case (lower_case_table_names): ${listed(same)} would be one`,
      advice: "leave all but one of them out, or restore into a server that tells them apart"
    }]),
    ...(frozen.length === 0 ? [] : [{
      reason: "Unsupported" as const,
      says: `nobody may write to ${listed(frozen.map(Sql.quoteIdentifier))}`,
      advice: "run ALTER DATABASE with READ ONLY = 0 first"
    }]),
    ...(taken.length === 0 ? [] : [{
      reason: "AlreadyExists" as const,
      says: `${listed(taken)} ${taken.length === 1 ? "is" : "are"} already there`,
      advice: "restore into an empty server, or say what becomes of them with --drop-table"
    }])
  ]
}

const kinds: { readonly [word: string]: string } = {
  ENGINE: "the engine",
  COLLATE: "the collation",
  TYPE: "the type",
  MODE: "the sql_mode",
  SEQUENCE: "sequences",
  VERSIONING: "tables with a history"
}

const ofFeatures = (facts: Facts, demands: Target.Demands): ReadonlyArray<Target.Obstacle> => {
  const missing = new Map<string, string>()
  for (const { features } of demands.databases) {
    for (const [feature, object] of features) {
      if (facts.unknown.has(feature) && !missing.has(feature)) {
        missing.set(feature, object)
      }
    }
  }
  const named = Array.from(missing, ([feature, object]) => {
    const [word = "", ...rest] = feature.split(" ")
    return `${[kinds[word] ?? word, ...rest].join(" ")} (${object})`
  })
  return named.length === 0 ? [] : [{
    reason: "Unsupported",
    says: `the server, ${facts.server}, does not know ${listed(named)}`,
    advice: "restore into one like the one the backup was taken from, or leave out what needs them"
  }]
}

const ofSizes = ({ maxAllowedPacket }: Facts, { longestStatement }: Target.Demands): ReadonlyArray<Target.Obstacle> =>
  longestStatement + 1 < maxAllowedPacket ? [] : [{
    reason: "Unsupported",
    says: `the longest statement of the backup has ${longestStatement} bytes, and the server takes less than ` +
      `${maxAllowedPacket} (max_allowed_packet)`,
    advice: `raise it on the server: SET GLOBAL max_allowed_packet = ${
      Math.min(1 << 30, 2 ** Math.ceil(Math.log2(longestStatement + 1024)))
    }`
  }]

/**
 * All that stands in the way.
 *
 * @internal
 */
export const of = (facts: Facts, demands: Target.Demands): ReadonlyArray<Target.Obstacle> =>
  [ofServer, ofPrivileges, ofPrograms, ofNames, ofFeatures, ofSizes].flatMap((rule) => rule(facts, demands))

const variables = [
  "read_only",
  "super_read_only",
  "innodb_read_only",
  "log_bin",
  "log_bin_trust_function_creators",
  "lower_case_table_names"
]

const everything: Grants.Grant = { revoked: false, privileges: new Set(["ALL"]), database: "*", object: "*" }

/** A server without accounts says so: everybody may do everything. */
const NO_GRANT_TABLES = 1290

/**
 * Asks a server for what decides it.
 *
 * @internal
 */
export const read = (
  connection: Connection.RawConnection,
  demands: Target.Demands
): Effect.Effect<Facts, MysqlError> =>
  Effect.gen(function*() {
    const dialect = Dialect.make(connection.server)
    const ask = (sql: string) =>
      Effect.map(
        connection.query(sql),
        ({ rows }) => rows.map((row) => row.map((cell) => cell === null ? "" : Sql.text(cell)))
      )
    const one = (sql: string) => Effect.map(ask(sql), ([[value = ""] = []]) => value)
    const grants = Effect.gen(function*() {
      const roles = Option.isNone(dialect.currentRoles) ? "" : yield* one(dialect.currentRoles.value)
      const own = yield* ask(
        roles === "" || roles === "NONE" ? "SHOW GRANTS" : `SHOW GRANTS FOR CURRENT_USER() USING ${roles}`
      )
      const everybody = Option.isNone(dialect.publicGrants)
        ? []
        : yield* Effect.catchIf(
          ask(dialect.publicGrants.value),
          ({ errno }) => errno !== undefined,
          () => Effect.succeed([])
        )
      return [...own, ...everybody].flatMap(([line = ""]) => Grants.parse(line) ?? [])
    }).pipe(Effect.catchIf(({ errno }) => errno === NO_GRANT_TABLES, () => Effect.succeed([everything])))

    const settings = yield* ask(
      `SHOW GLOBAL VARIABLES WHERE Variable_name IN (${variables.map((name) => `'${name}'`).join(", ")})`
    )
    const there = new Map<string, Array<string>>()
    for (const { ifThere, name } of demands.databases) {
      const rows = ifThere !== "Nothing"
        ? yield* ask(
          `SELECT TABLE_SCHEMA, TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = ${
            TargetSession.literal(name)
          }`
        )
        : []
      for (const [database = "", table = ""] of rows) {
        const known = there.get(database)
        if (known === undefined) there.set(database, [table])
        else known.push(table)
      }
    }
    const named = demands.databases.some(({ definers }) => definers.size > 0)
    const accounts = !named || !dialect.guardsDefiners ? Option.none() : yield* Effect.all({
      all: ask("SELECT CONCAT(User, '@', Host) FROM mysql.user"),
      system: ask("SELECT CONCAT(USER, '@', HOST) FROM mysql.global_grants WHERE PRIV = 'SYSTEM_USER'")
    }).pipe(
      Effect.map(({ all, system }) =>
        Option.some({
          all: new Set(all.map(([account = ""]) => account)),
          system: new Set(system.map(([account = ""]) => account))
        })
      ),
      // most accounts may not look there; what is in the way then shows when it is run
      Effect.catchIf(({ errno }) => errno !== undefined, () => Effect.succeed(Option.none()))
    )
    const unknown = new Set<string>()
    const asked = new Set<string>()
    for (const { features, name } of demands.databases) {
      for (const feature of features.keys()) {
        if (!asked.has(feature)) {
          asked.add(feature)
          if (!(yield* Probes.knows(connection, feature, name))) {
            unknown.add(feature)
          }
        }
      }
    }
    return {
      server: connection.server.text,
      dialect,
      variables: new Map(settings.map(([name = "", value = ""]) => [name.toLowerCase(), value.toLowerCase()])),
      grants: yield* grants,
      account: yield* one("SELECT CURRENT_USER()"),
      maxAllowedPacket: connection.maxAllowedPacket,
      readOnlyDatabases: new Set(
        (Option.isNone(dialect.readOnlyDatabases) ? [] : yield* ask(dialect.readOnlyDatabases.value)).map((
          [name = ""]
        ) => name)
      ),
      there,
      unknown,
      accounts
    }
  })
