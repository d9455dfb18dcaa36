/**
 * The rows of a backup and those of a server that a dump would take, as the two sides of `compareRows`.
 *
 * @internal
 */
import type * as CreateTable from "@sluice/format/CreateTable"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"

import * as Inspection from "../Inspection.js"
import { type BackupError, TargetError } from "../SluiceError.js"
import type * as Source from "../Source.js"
import * as BackupReading from "./backupReading.js"
import * as RowSums from "./rowSums.js"

const numbers = new Set([
  "tinyint",
  "smallint",
  "mediumint",
  "int",
  "bigint",
  "decimal",
  "float",
  "double",
  "year"
])

/** Columns of these types other tools write in another way than we do. */
const ownWay = new Set(["uuid", "inet4", "inet6", "vector"])

/** A SET with nothing among its members: it is read as a number. */
const isAmbiguous = /^set\s*\((?:'(?:[^']|'')*',)*''[,)]/i

/** Two tables of one name. @internal */
export interface Pair {
  readonly database: string
  readonly source: BackupReading.Table
  readonly target: Source.TableInfo
  readonly definition: Option.Option<CreateTable.CreateTable>
}

/** @internal */
export interface Options {
  /** Whose servers' definitions they are: `mysql` reads JSON and prints it in its own way. */
  readonly sourceVendor: string
  readonly targetVendor: string
  readonly isOurs: boolean
  /** Whether the backup can be read once more. */
  readonly again: boolean
  readonly threads: number
}

const view = <E>(
  own: Pick<Inspection.View<E>, "sums" | "rows" | "finish">
): Inspection.View<E> => ({
  server: { vendor: "", version: [0, 0, 0], text: "" },
  consistency: "",
  leftOut: [],
  databases: [],
  printed: () => Effect.succeed(new Map()),
  portable: () => Effect.succeed(new Map()),
  // files have no ranges of keys
  plan: () => Stream.make({ condition: Option.none(), note: "the whole table" }),
  moved: Effect.succeedNone,
  ...own
})

const quoted = (name: string): string => `\`${name.replaceAll("`", "``")}\``

/** What of two tables can be compared, and how; or why nothing can. @internal */
export interface Plan {
  readonly source: { readonly view: Inspection.View<BackupError>; readonly table: Inspection.Table }
  readonly target: { readonly view: Inspection.View<TargetError>; readonly table: Inspection.Table }
  readonly notCompared: ReadonlyArray<string>
  /** Why rows that differ are not named, although the table has a key. */
  readonly note: Option.Option<string>
}

const read: Source.ReadOptions = { statementSize: 1_000_000, completeInsert: true, utc: true }
const cut: Source.PlanOptions = { chunkBytes: 64 * 1024 * 1024, chunkRows: Option.none(), split: true }

/** @internal */
export const plan = (
  pair: Pair,
  contents: BackupReading.Contents,
  snapshot: Source.Snapshot,
  options: Options
): Either.Either<Plan, string> => {
  const { database, definition: there, source } = pair
  const at = `${quoted(database)}.${quoted(source.name)}`
  const refused = (why: string) => Either.left(`rows of ${at}: ${why}`)
  const rows = Option.getOrUndefined(source.rows)
  if (rows?.isHistory === true) return refused("the backup has them with those that the table held before")
  if (rows?.unclear !== undefined) return refused(rows.unclear)
  const others = Option.getOrElse(there, () => ({ columns: [], keys: [] })).columns.filter(({ generated }) =>
    !generated
  )
  const listed = rows?.question?.columns?.map(({ name }) => name) ??
    (rows === undefined || rows.width === undefined || rows.width === others.length
      ? Option.match(source.definition, {
        onNone: () => others,
        onSome: ({ columns }) => columns.filter(({ generated }) => !generated)
      }).map(({ name }) => name)
      : undefined)
  if (listed === undefined) return refused("the backup does not say which columns its values are of")

  const notCompared: Array<string> = []
  const isWanted = (name: string): boolean => {
    const [mine, its] = [BackupReading.columnOf(source.definition, name), BackupReading.columnOf(there, name)]
    const types = [mine?.type ?? its?.type ?? "", its?.type ?? mine?.type ?? ""]
    const why = rows?.isLocal === true && types.includes("timestamp")
      ? "the backup has its times in a zone that it does not name"
      : options.isOurs
      ? undefined
      : types.some((type) => ownWay.has(type))
      ? "other tools write it in another way than it can be read here"
      : isAmbiguous.test(its?.definition ?? "")
      ? "nothing at all and an empty member are the same text in the backup"
      : undefined
    if (why !== undefined) notCompared.push(`column ${quoted(name)} of ${at}: ${why}`)
    return why === undefined
  }
  const left = new Set(listed.filter((name) => !isWanted(name)).map((name) => name.toLowerCase()))
  const parses = (column: CreateTable.Column | undefined, vendor: string) =>
    column?.type === "json" && vendor === "mysql"
  const inspected = (
    table: Option.Option<CreateTable.CreateTable>,
    names: ReadonlyArray<string>,
    vendor: string,
    key: ReadonlyArray<ReadonlyArray<string>>
  ): Inspection.Table => ({
    database,
    name: source.name,
    columns: names.filter((name) => !left.has(name.toLowerCase())).map((name) => ({
      name,
      type: BackupReading.columnOf(table, name)?.type ?? "",
      collation: Option.none(),
      parsesJson: parses(BackupReading.columnOf(table, name), vendor)
    })),
    key: options.again ? Option.fromNullable(key[0]) : Option.none()
  })
  const keys = Option.match(source.definition, { onNone: () => [], onSome: ({ keys }) => keys })
  const otherKeys = Option.match(there, { onNone: () => [], onSome: ({ keys }) => keys })
  // without a definition of its own, the backup's columns are what the target says they are
  const mine = Option.isSome(source.definition) ? source.definition : there
  const sourceTable = inspected(mine, listed, options.sourceVendor, keys)
  const targetTable = inspected(there, others.map(({ name }) => name), options.targetVendor, otherKeys)

  const known = new Map((rows?.question?.columns ?? []).map(({ name, taken }) => [name.toLowerCase(), taken]))
  const asked = (name: string): RowSums.Column => {
    const [a, b] = [BackupReading.columnOf(mine, name), BackupReading.columnOf(there, name)]
    const [one, other] = [BackupReading.takenOf(a, options.isOurs), BackupReading.takenOf(b, options.isOurs)]
    const both = one === other
      ? one
      : (one === "Float" && other === "Double") || (one === "Double" && other === "Float")
      ? "Double"
      : "Plain"
    return {
      name,
      taken: options.again ? both : known.get(name.toLowerCase()) ?? (rows === undefined ? both : "Plain")
    }
  }
  const question = ({ buckets, columns, key }: Inspection.Question): RowSums.Question => ({
    columns: columns.map(asked),
    key: key.map(asked),
    buckets
  })
  const isNumber = (names: ReadonlyArray<string>) =>
    names.map((name) =>
      numbers.has((BackupReading.columnOf(mine, name) ?? BackupReading.columnOf(there, name))?.type ?? "")
    )

  /** Whether the sums that were made while the backup was read answer the question. */
  const isAnswered = ({ buckets, columns }: RowSums.Question): boolean => {
    const before = rows?.question?.columns
    return buckets === 1 && columns !== undefined && (
      before === undefined
        ? columns.length === rows?.width && columns.every(({ taken }) => taken === "Plain")
        : before.length === columns.length &&
          before.every(({ name, taken }, i) => columns[i]?.name === name && columns[i]?.taken === taken)
    )
  }
  const shape = rows?.shape ?? (rows?.question?.columns === undefined ? listed : undefined)
  const sourceView = view<BackupError>({
    sums: (_, asks) =>
      Effect.suspend(() => {
        if (rows === undefined) return Effect.succeed(new Map<number, Inspection.Sum>())
        const wanted = question(asks)
        if (isAnswered(wanted)) return Effect.succeed(new Map([[0, rows.sum]]))
        const summing = RowSums.summing(wanted, shape)
        return Effect.map(contents.again(rows, summing), summing.sums)
      }),
    rows: (_, asks, buckets) =>
      Effect.suspend(() => {
        if (rows === undefined) return Effect.succeed([])
        const listing = RowSums.listing(question(asks), shape, buckets, isNumber(asks.key))
        return Effect.as(contents.again(rows, listing), listing.rows)
      }),
    finish: () => Effect.void
  })

  const unread = (detail: string) =>
    new TargetError({ reason: "Unsupported", what: "cannot read rows from the target", where: at, detail })
  const reading = <A extends RowSums.Taker>(chunk: Source.Chunk, taker: A): Effect.Effect<A, TargetError> =>
    snapshot.read([chunk], read).pipe(
      Stream.mapError(Inspection.asTarget),
      Stream.runForEach(({ piece }) =>
        Either.match(taker.push(piece.bytes), {
          onLeft: (error) => unread(error._tag === "Unclear" ? error.detail : error.message),
          onRight: () => Effect.void
        })
      ),
      Effect.as(taker)
    )
  const chunks = Stream.mapError(snapshot.plan(pair.target, cut), Inspection.asTarget)
  const targetView = view<TargetError>({
    sums: (_, asks) =>
      Stream.runFold(
        Stream.mapEffect(chunks, (chunk) => reading(chunk, RowSums.summing(question(asks), undefined)), {
          concurrency: options.threads
        }),
        new Map<number, Inspection.Sum>(),
        (all, { sums }) => {
          for (const [bucket, sum] of sums()) all.set(bucket, RowSums.add(all.get(bucket) ?? RowSums.none, sum))
          return all
        }
      ),
    rows: (_, asks, buckets) =>
      Stream.runFold(
        Stream.mapEffect(chunks, (chunk) =>
          reading(chunk, RowSums.listing(question(asks), undefined, buckets, isNumber(asks.key))), {
          concurrency: options.threads
        }),
        Array.of<Inspection.Row>(),
        (all, { rows }) => {
          for (const row of rows) {
            all.push(row)
          }
          return all
        }
      ),
    finish: () => Effect.mapError(snapshot.finish([pair.target]), Inspection.asTarget)
  })

  if (!options.again && rows !== undefined) {
    const common = sourceTable.columns.filter(({ name, parsesJson }) =>
      targetTable.columns.some((other) =>
        other.name.toLowerCase() === name.toLowerCase() && other.parsesJson === parsesJson
      )
    )
    if (!isAnswered({ columns: common.map(({ name }) => asked(name)), key: [], buckets: 1 })) {
      return refused("some columns cannot be compared, and a stream is read only once: unpack it into a folder first")
    }
  }
  return Either.right({
    source: { view: sourceView, table: sourceTable },
    target: { view: targetView, table: targetTable },
    notCompared,
    note: !options.again && keys.length + otherKeys.length > 0
      ? Option.some("a stream is read only once: unpack it into a folder to see which rows differ")
      : Option.none()
  })
}
