/**
 * Names that somebody asked for must be there.
 *
 * @internal
 */

/** @internal */
export interface Named {
  /** As it was written. */
  readonly name: string
  readonly matches: (database: string, table: string) => boolean
}

/**
 * The names that match none of the tables.
 *
 * @internal
 */
export const missing = (
  named: ReadonlyArray<Named>,
  tables: ReadonlyArray<{ readonly database: string; readonly name: string }>
): ReadonlyArray<string> =>
  named.filter(({ matches }) => !tables.some((table) => matches(table.database, table.name))).map(({ name }) => name)
