/**
 * The variables of a session, as far as definitions and rows depend on them.
 *
 * @internal
 */
import type * as SchemaFile from "@sluice/format/SchemaFile"
import type * as Statement from "@sluice/format/Statement"
import * as Either from "effect/Either"
import * as Option from "effect/Option"

import * as Lexer from "./memoryServerLexer.js"
import { type Refusal, refuse } from "./memoryServerRefusal.js"

const initial = (sqlMode: string): ReadonlyArray<readonly [name: string, value: string]> => [
  ["character_set_client", "utf8mb4"],
  ["character_set_results", "utf8mb4"],
  ["character_set_connection", "utf8mb4"],
  ["collation_connection", "utf8mb4_general_ci"],
  ["sql_mode", sqlMode],
  ["time_zone", "SYSTEM"],
  ["foreign_key_checks", "1"],
  ["unique_checks", "1"],
  ["sql_log_bin", "1"],
  ["sql_notes", "1"],
  ["wait_timeout", "28800"],
  ["net_read_timeout", "30"],
  ["net_write_timeout", "60"]
]

const withoutZeroDates = new Set(["NO_ZERO_DATE", "NO_ZERO_IN_DATE", "STRICT_TRANS_TABLES", "TRADITIONAL"])
const forRows: ReadonlyArray<string> = ["STRICT_ALL_TABLES", "NO_AUTO_VALUE_ON_ZERO", "ALLOW_INVALID_DATES"]

/** @internal */
export class Variables {
  private readonly system: Map<string, string>
  private readonly user = new Map<string, string>()

  constructor(private readonly serverMode: string) {
    this.system = new Map(initial(serverMode))
  }

  get(name: string): string {
    return this.system.get(name) ?? ""
  }

  get modes(): ReadonlyArray<string> {
    return this.get("sql_mode").toUpperCase().split(",").filter((mode) => mode !== "")
  }

  get isStrict(): boolean {
    return this.modes.some((mode) => /^(STRICT_(ALL|TRANS)_TABLES|TRADITIONAL)$/.test(mode))
  }

  get quoting(): Lexer.Quoting {
    return Lexer.quoting(this.get("sql_mode"))
  }

  /** What a view or program that is created now keeps. */
  creation(kind: "VIEW" | Statement.ProgramKind): SchemaFile.Creation {
    return {
      characterSetClient: this.get("character_set_client"),
      collationConnection: this.get("collation_connection"),
      sqlMode: kind === "VIEW" ? Option.none() : Option.some(this.get("sql_mode")),
      timeZone: kind === "EVENT" ? Option.some(this.get("time_zone")) : Option.none()
    }
  }

  prepareForDefinitions(): void {
    for (const [name, value] of initial(this.serverMode)) {
      this.system.set(name, value)
    }
    this.system.set("foreign_key_checks", "0")
    this.system.set("time_zone", "+00:00")
  }

  prepareForRows(): void {
    const kept = this.modes.filter((mode) => !withoutZeroDates.has(mode) && !forRows.includes(mode))
    this.system.set("sql_mode", [...kept, ...forRows].join(","))
  }

  /** Runs a SET statement: all of it, or nothing. */
  assign(assignments: ReadonlyArray<Statement.Assignment>): Either.Either<void, Refusal> {
    return Either.gen(this, function*() {
      const changes: Array<readonly [scope: Statement.Assignment["scope"], name: string, value: string]> = []
      for (const { scope, value, variable } of assignments) {
        if (scope === "Global") {
          return yield* refuse(1227, "Access denied; you need (at least one of) the SUPER privilege(s)")
        }
        if (scope === "Session" && variable === "names") {
          const charset = yield* this.evaluate(value)
          for (const name of ["client", "results", "connection"]) {
            changes.push([scope, `character_set_${name}`, charset])
          }
          changes.push([scope, "collation_connection", charset === "binary" ? charset : `${charset}_general_ci`])
        } else {
          const name = variable.replace(/^(session|local)\./, "")
          if (scope === "Session" && !this.system.has(name)) {
            return yield* refuse(1193, `Unknown system variable '${name}'`)
          }
          const evaluated = yield* this.evaluate(value)
          if (name === "sql_mode" && !/^[A-Z0-9_,]*$/i.test(evaluated)) {
            return yield* refuse(1231, `Variable 'sql_mode' can't be set to the value of '${evaluated}'`)
          }
          changes.push([scope, name, evaluated])
        }
      }
      for (const [scope, name, value] of changes) {
        ;(scope === "User" ? this.user : this.system).set(name, value)
      }
    })
  }

  /** A word, a number, a string, or what another variable holds. */
  private evaluate(expression: string): Either.Either<string, Refusal> {
    return Either.gen(this, function*() {
      const [token, ...more] = yield* Lexer.tokens(Buffer.from(expression).toString("latin1"), this.quoting)
      if (token === undefined || more.length > 0) {
        return yield* Lexer.syntax(expression)
      }
      if (token.kind === "Variable") {
        const name = token.text.replace(/^@@?/, "").replace(/^(session|local)\./i, "").toLowerCase()
        const value = (token.text.startsWith("@@") ? this.system : this.user).get(name)
        return value === undefined ? yield* refuse(1231, `'${token.text}' has no value`) : value
      }
      if (token.kind === "String") {
        const quote = token.text.charAt(0)
        const inner = token.text.slice(1, -1).replaceAll(quote + quote, quote)
        return this.quoting.noBackslashEscapes ? inner : inner.replace(/\\(.)/g, "$1")
      }
      return token.kind === "Word" || token.kind === "Number"
        ? expression.slice(token.start, token.end)
        : yield* Lexer.syntax(expression)
    })
  }
}
