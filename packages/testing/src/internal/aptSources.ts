/**
 * The machine's own apt sources as plain data, in both of apt's notations: one line per source (`.list`) and stanzas
 * (`.sources`, "deb822"; both are described in sources.list(5)).
 *
 * @internal
 */

/**
 * One source: an archive, its suites and components, and the options that came with it (`Signed-By` above all).
 *
 * @internal
 */
export interface AptSource {
  readonly uris: string
  readonly suites: ReadonlyArray<string>
  readonly components: ReadonlyArray<string>
  readonly options: ReadonlyArray<readonly [name: string, value: string]>
}

const words = (text: string): ReadonlyArray<string> => text.split(/\s+/).filter((word) => word.length > 0)

/** What the private state decides for itself: it fetches package lists of one architecture, and nothing else. */
const replaced = new Set([
  "types",
  "uris",
  "suites",
  "components",
  "enabled",
  "arch",
  "architectures",
  "lang",
  "languages",
  "target",
  "targets"
])

const oneLine = /^deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s*([^#]*)/

/**
 * @internal
 */
export const fromList = (text: string): ReadonlyArray<AptSource> =>
  text.split("\n").flatMap((line) => {
    const match = oneLine.exec(line.trim())
    if (match === null) return []
    const [, options = "", uris = "", suite = "", components = ""] = match
    return uris.startsWith("cdrom:") ? [] : [{
      uris,
      suites: [suite],
      components: words(components),
      options: words(options).flatMap((option) => {
        const equals = option.indexOf("=")
        const name = option.slice(0, equals)
        return equals < 1 || replaced.has(name.toLowerCase())
          ? []
          : [[name, option.slice(equals + 1).replaceAll("\"", "")] as const]
      })
    }]
  })

/**
 * @internal
 */
export const fromStanzas = (text: string): ReadonlyArray<AptSource> =>
  text.replaceAll("\r\n", "\n").split(/\n[ \t]*\n/).flatMap((stanza) => {
    const fields: Array<[name: string, value: string]> = []
    for (const line of stanza.split("\n")) {
      if (line.startsWith("#")) continue
      const last = fields.at(-1)
      if (/^[ \t]/.test(line)) {
        if (last !== undefined) last[1] = `${last[1]}\n${line}`
        continue
      }
      const colon = line.indexOf(":")
      if (colon > 0) fields.push([line.slice(0, colon).trim(), line.slice(colon + 1).trim()])
    }
    const value = (name: string) => fields.find((field) => field[0].toLowerCase() === name)?.[1] ?? ""
    const enabled = !/^(no|false|off|0|without|disable)$/i.test(value("enabled"))
    return !enabled || !words(value("types")).includes("deb") ? [] : [{
      uris: value("uris"),
      suites: words(value("suites")),
      components: words(value("components")),
      options: fields.filter((field) => !replaced.has(field[0].toLowerCase()))
    }]
  })

const aliases = ["oldoldstable", "oldstable", "stable", "testing", "unstable", "sid"]

/**
 * Those of `sources` that are the distribution itself: its release, with that release's updates. What somebody added
 * (another vendor's archive, backports) is left out, so that what comes is what the distribution has.
 *
 * @internal
 */
export const distribution = (
  sources: ReadonlyArray<AptSource>,
  codename: string | undefined
): ReadonlyArray<AptSource> => {
  const pick = (releases: ReadonlyArray<string>) => {
    const suites = new Set(releases.flatMap((r) => [r, `${r}-updates`, `${r}-security`, `${r}/updates`]))
    return sources.filter((source) => source.components.includes("main")).map((source) => ({
      ...source,
      suites: source.suites.filter((suite) => suites.has(suite))
    })).filter((source) => source.suites.length > 0)
  }
  const named = codename === undefined ? [] : pick([codename])
  return named.length > 0 ? named : pick(aliases)
}

/**
 * The main archive of the distribution, asked for another suite: same mirror, same keyring.
 *
 * @internal
 */
export const withSuite = (
  sources: ReadonlyArray<AptSource>,
  codename: string | undefined,
  suite: string
): ReadonlyArray<AptSource> => {
  const releases = new Set([...aliases, ...(codename === undefined ? [] : [codename])])
  return distribution(sources, codename)
    .filter((source) => source.suites.some((name) => releases.has(name)))
    .slice(0, 1)
    .map((source) => ({ ...source, suites: [suite], components: ["main"] }))
}

/**
 * The sources as stanzas for a private apt state: only package lists, no translations, no differences.
 *
 * @internal
 */
export const render = (sources: ReadonlyArray<AptSource>): string =>
  sources.map((source) =>
    [
      ["Types", "deb"],
      ["URIs", source.uris],
      ["Suites", source.suites.join(" ")],
      ["Components", source.components.join(" ")],
      ["Targets", "Packages"],
      ["Languages", "none"],
      ...source.options
    ].map(([name, value]) => `${name}: ${value}\n`).join("")
  ).join("\n")
