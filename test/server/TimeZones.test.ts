import { assert, layer } from "@effect/vitest"
import { Dump } from "@sluice/pipeline"
import type { ScratchServer } from "@sluice/testing"
import { Cause, Effect, Exit } from "effect"

import { flow, lenient, move } from "../support/moving.js"
import { ask, connect, run } from "../support/mysqlSource.js"
import * as real from "../support/realServers.js"
import { describeVendors } from "../support/servers.js"

interface Zone {
  readonly name: string
  /** Seconds from UTC, before the first change. */
  readonly usual: number
  /** Moments as seconds since 1970, and the seconds from UTC from then on. */
  readonly changes: ReadonlyArray<readonly [at: number, offset: number]>
  /** Moments of the hour that comes twice. */
  readonly twice: ReadonlyArray<number>
}

const zones: ReadonlyArray<Zone> = [
  { name: "Berlin", usual: 3600, changes: [[1711846800, 7200], [1729990800, 3600]], twice: [1729989000, 1729992600] },
  // half an hour, and back in April
  {
    name: "Lord_Howe",
    usual: 39600,
    changes: [[1712415600, 37800], [1728142200, 39600]],
    twice: [1712414700, 1712416500]
  }
]

/** Makes a time zone known to a server: those of the system come with other packages. */
const introduce = ({ changes, name, usual }: Zone, id: number): ReadonlyArray<string> => [
  `REPLACE INTO mysql.time_zone VALUES (${id}, 'N')`,
  `REPLACE INTO mysql.time_zone_name VALUES ('${name}', ${id})`,
  `REPLACE INTO mysql.time_zone_transition_type VALUES (${id}, 0, ${usual}, 0, 'A')`,
  ...changes.flatMap(([at, offset], i) => [
    `REPLACE INTO mysql.time_zone_transition_type VALUES (${id}, ${i + 1}, ${offset}, 0, 'B')`,
    `REPLACE INTO mysql.time_zone_transition VALUES (${id}, ${at}, ${i + 1})`
  ])
]

/** Also right before and after clocks go forward. */
const moments = ({ changes, usual }: Zone) => {
  const before = (i: number) => changes[i - 1]?.[1] ?? usual
  return [
    1,
    2147483646,
    ...changes.flatMap(([at, offset], i) => [at - 7300, ...(offset > before(i) ? [at - 1, at] : []), at + 7300])
  ]
}

describeVendors("time zones", (vendor) => {
  layer(real.twoServers(vendor), { excludeTestServices: true })((it) => {
    const prepared = (zone: Zone, moments: ReadonlyArray<number>) =>
      Effect.gen(function*() {
        const [from, to] = [yield* real.From, yield* real.To]
        const zoned = [
          "SET GLOBAL time_zone = 'SYSTEM'",
          ...zones.flatMap((one, i) => introduce(one, 9000 + i)),
          `SET GLOBAL time_zone = '${zone.name}'`,
          "DROP DATABASE IF EXISTS zoned"
        ]
        const connection = yield* connect(from)
        yield* lenient(connection)
        yield* run(yield* connect(to), ...zoned)
        yield* run(
          connection,
          ...zoned,
          "CREATE DATABASE zoned",
          "CREATE TABLE zoned.t (id INT AUTO_INCREMENT PRIMARY KEY, n TIMESTAMP NULL, s TIMESTAMP(6) NULL, " +
            "d DATETIME(6) NULL, x TIMESTAMP NOT NULL DEFAULT '2024-03-31 00:30:00')",
          `INSERT INTO zoned.t (n, s, d) VALUES (NULL, '0000-00-00', '2024-03-31 02:30:00'), ${
            moments.map((at) => `(FROM_UNIXTIME(${at}), FROM_UNIXTIME(${at}.999999), '2024-10-27 02:30:00')`).join(", ")
          }`
        )
        const rows = (server: ScratchServer.ScratchServer) =>
          Effect.flatMap(connect(server), (connection) =>
            ask(
              connection,
              "SELECT id, UNIX_TIMESTAMP(n), UNIX_TIMESTAMP(s), CAST(d AS CHAR), UNIX_TIMESTAMP(x) FROM zoned.t ORDER BY id"
            ))
        return { from, to, rows }
      })
    const written = (utc: boolean) => ({
      dump: { read: { ...Dump.defaults.read, utc } }
    })

    for (const zone of zones) {
      it.scoped(`${zone.name}: in UTC every moment comes back, also of the hour that comes twice`, () =>
        Effect.gen(function*() {
          const { from, rows, to } = yield* prepared(zone, [...moments(zone), ...zone.twice])
          yield* move(from, to, "zoned", written(true))
          const before = yield* rows(from)
          assert.strictEqual(new Set(before.map(([, moment]) => moment)).size, moments(zone).length + 3)
          assert.deepStrictEqual(yield* rows(to), before)
        }))

      it.scoped(`${zone.name}: in the zone of the server every moment of other hours comes back`, () =>
        Effect.gen(function*() {
          const { from, rows, to } = yield* prepared(zone, moments(zone))
          yield* move(from, to, "zoned", written(false))
          assert.deepStrictEqual(yield* rows(to), yield* rows(from))
        }))

      it.scoped(`${zone.name}: in the zone of the server the hour that comes twice is refused`, () =>
        Effect.gen(function*() {
          const { from, to } = yield* prepared(zone, [...moments(zone), ...zone.twice])
          const exit = yield* Effect.exit(flow(from, to, "zoned", written(false)))
          assert(Exit.isFailure(exit))
          const errors = Array.from(Cause.failures(exit.cause)).flatMap((error) =>
            error._tag === "SourceError" ? [error.message] : []
          )
          assert.match(
            errors.join(),
            /`zoned`\.`t`.*a TIMESTAMP of one row is of an hour that came twice .* without --skip-tz-utc it does/
          )
        }))
    }

    it.scoped("events come back in the zone that they are in, and not to a server that does not know it", () =>
      Effect.gen(function*() {
        const [from, to] = [yield* real.From, yield* real.To]
        const away: Zone = { name: "Far/Away", usual: 20_700, changes: [], twice: [] }
        yield* run(yield* connect(to), ...zones.flatMap((one, i) => introduce(one, 9000 + i)))
        yield* run(
          yield* connect(from),
          ...zones.flatMap((one, i) => introduce(one, 9000 + i)),
          ...introduce(away, 9100),
          "DROP DATABASE IF EXISTS scheduled",
          "CREATE DATABASE scheduled",
          ...zones.flatMap(({ name }) => [
            `SET time_zone = '${name}'`,
            `CREATE EVENT scheduled.\`${name}\` ON SCHEDULE EVERY 1 DAY STARTS '2034-10-29 02:30:00' ` +
            "ENDS '2035-03-25 03:30:00' DISABLE DO SELECT 1"
          ])
        )
        const events = (server: ScratchServer.ScratchServer) =>
          Effect.flatMap(connect(server), (connection) =>
            ask(
              connection,
              "SELECT EVENT_NAME, TIME_ZONE, STARTS, ENDS, STATUS FROM information_schema.EVENTS " +
                "WHERE EVENT_SCHEMA = 'scheduled' ORDER BY EVENT_NAME"
            ))
        yield* move(from, to, "scheduled")
        const before = yield* events(from)
        assert.deepStrictEqual(before.map(([, zone]) => zone), zones.map(({ name }) => name))
        assert.deepStrictEqual(yield* events(to), before)

        yield* run(
          yield* connect(from),
          "SET time_zone = 'Far/Away'",
          "CREATE EVENT scheduled.away ON SCHEDULE EVERY 1 DAY DISABLE DO SELECT 1"
        )
        const exit = yield* Effect.exit(move(from, to, "scheduled"))
        assert(Exit.isFailure(exit))
        assert.include(Cause.pretty(exit.cause), "Far/Away")
      }))
  })
})
