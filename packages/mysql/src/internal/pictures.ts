/**
 * What `Fingerprint` sees of a database, said without the database's name, so that it can be held against another one
 * under another name; and the next AUTO_INCREMENT apart from the definition that it stands in.
 *
 * @internal
 */
import * as Sql from "@sluice/format/Sql"

const counter = /^(\) (?:\/\*!50100 TABLESPACE `(?:[^`]|``)+` \*\/ )?ENGINE=\w+) AUTO_INCREMENT=(\d+)/m

/** @internal */
export const within = (database: string, pictures: ReadonlyMap<string, string>): ReadonlyMap<string, string> => {
  const quoted = Sql.quoteIdentifier(database)
  return new Map(
    Array.from(pictures).flatMap(([name, picture]): ReadonlyArray<readonly [string, string]> => {
      if (name === `database ${quoted}`) return [["database", picture.replace(quoted, "`…`")]]
      // the name is the first thing behind the kind, and is there once
      const what = name.replace(`${quoted}.`, "")
      const next = what.startsWith("table ") ? counter.exec(picture) : null
      return next === null
        ? [[what, picture]]
        : [
          [what, picture.replace(counter, "$1")],
          [`next AUTO_INCREMENT of ${what.slice("table ".length)}`, next[2] ?? ""]
        ]
    })
  )
}
