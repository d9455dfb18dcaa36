/**
 * The key files that mydumper writes: groups of `key = value` lines and `#` comments.
 *
 * @internal
 */

/** @internal */
export interface Group {
  readonly name: string
  readonly entries: ReadonlyArray<readonly [key: string, value: string]>
}

/** @internal */
export interface KeyFile {
  readonly groups: ReadonlyArray<Group>
  readonly comments: ReadonlyArray<string>
}

/** A line feed in a group's name is written so. */
const withLineFeeds = (name: string): string => name.replaceAll("\u10000", "\n")

/**
 * Reads a key file. A line that is neither a group, a comment nor blank and has no `=` is a bare flag, and means 1.
 * Groups that appear twice stay apart; who asks for a group by name merges them.
 *
 * @internal
 */
export const parse = (text: string): KeyFile => {
  const groups: Array<{ readonly name: string; readonly entries: Array<readonly [string, string]> }> = []
  const comments: Array<string> = []
  for (const raw of text.split("\n")) {
    const line = raw.trim()
    if (line === "") {
      continue
    }
    if (line.startsWith("#")) {
      comments.push(line.slice(1).trim())
    } else if (/^(Started|Finished) dump at:/.test(line)) {
      // versions before 0.14 did not make a comment of it
      comments.push(line)
    } else if (line.startsWith("[") && line.endsWith("]")) {
      groups.push({ name: withLineFeeds(line.slice(1, -1)), entries: [] })
    } else {
      const equals = line.indexOf("=")
      const entry = equals === -1
        ? [line, "1"] as const
        : [line.slice(0, equals).trim(), line.slice(equals + 1).trim()] as const
      const group = groups.at(-1)
      if (group === undefined) {
        comments.push(line)
      } else {
        group.entries.push(entry)
      }
    }
  }
  return { groups, comments }
}

/**
 * The entries of all groups called `name`, the last of equal keys winning.
 *
 * @internal
 */
export const entriesOf = (file: KeyFile, name: string): ReadonlyMap<string, string> =>
  new Map(file.groups.filter((group) => group.name === name).flatMap((group) => group.entries))
