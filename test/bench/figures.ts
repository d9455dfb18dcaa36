/**
 * Pictures of numbers, as SVG. Pure: the same data give the same text.
 */

/** A bar of one or more parts in a row. */
export interface Bar {
  readonly label: string
  readonly parts: ReadonlyArray<number>
  /** A line from here to there through its end, which shows how runs differ. */
  readonly range?: readonly [least: number, most: number]
  /** Drawn so that one sees it at once. */
  readonly strong?: boolean
}

/** Bars in groups with a common scale. */
export interface Bars {
  readonly title: string
  /** What the numbers are, such as `s`. */
  readonly unit: string
  /** The names of the parts, if bars have more than one. */
  readonly parts: ReadonlyArray<string>
  readonly groups: ReadonlyArray<{ readonly name: string; readonly bars: ReadonlyArray<Bar> }>
}

/** Lines through points, both axes in powers of ten, so that what grows in proportion is at 45 degrees. */
export interface Lines {
  readonly title: string
  readonly x: string
  readonly y: string
  readonly series: ReadonlyArray<{
    readonly name: string
    readonly points: ReadonlyArray<readonly [x: number, y: number]>
  }>
}

const width = 780

const colours = ["#2f6db5", "#9bb8da", "#d0803c", "#5f9e6e", "#8a6fb0", "#777777"]

const style = `<style>
text { font: 12px system-ui, sans-serif; fill: #1f2328 }
.title { font-size: 15px; font-weight: 600 }
.strong { font-weight: 600 }
.quiet { fill: #666c73 }
.line { stroke: #8c949e; stroke-width: 1; fill: none }
.range { stroke: #1f2328; stroke-width: 1.5 }
${colours.map((colour, i) => `.p${i} { fill: ${colour}; stroke: ${colour} }`).join("\n")}
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 } .quiet { fill: #9198a1 } .range { stroke: #e6edf3 }
}
</style>`

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll("\"", "&quot;")

/** A number for people, with two or three digits that say something. */
export const short = (value: number): string =>
  value === 0 ? "0" : value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2)

const at = (value: number): string => String(Math.round(value * 10) / 10)

const text = (x: number, y: number, content: string, more = ""): string =>
  `<text x="${at(x)}" y="${at(y)}"${more}>${escaped(content)}</text>`

const picture = (height: number, title: string, body: ReadonlyArray<string>): string =>
  [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${at(height)}" role="img" aria-label="${
      escaped(title)
    }">`,
    style,
    text(0, 18, title, " class=\"title\""),
    ...body,
    "</svg>",
    ""
  ].join("\n")

const labels = 290
const room = width - labels - 70

/** Draws bars: one below the other, with its number at its end. */
export const bars = (figure: Bars): string => {
  const total = (bar: Bar) => bar.parts.reduce((sum, part) => sum + part, 0)
  const most = Math.max(
    ...figure.groups.flatMap(({ bars }) => bars.map((bar) => Math.max(total(bar), bar.range?.[1] ?? 0))),
    Number.MIN_VALUE
  )
  const x = (value: number) => labels + room * value / most
  const body: Array<string> = []
  let y = 44
  if (figure.parts.length > 1) {
    figure.parts.forEach((name, i) => {
      body.push(`<rect class="p${i}" x="${labels + i * 110}" y="${y - 10}" width="12" height="12"/>`)
      body.push(text(labels + i * 110 + 18, y, name))
    })
    y += 24
  }
  for (const group of figure.groups) {
    body.push(text(0, y, group.name, " class=\"strong\""))
    y += 8
    for (const bar of group.bars) {
      const middle = y + 8
      body.push(text(0, y + 12, bar.label, bar.strong === true ? " class=\"strong\"" : ""))
      let start = 0
      bar.parts.forEach((part, i) => {
        body.push(
          `<rect class="p${i}" x="${at(x(start))}" y="${y}" width="${at(x(start + part) - x(start))}" height="16"/>`
        )
        start += part
      })
      if (bar.range !== undefined) {
        body.push(
          `<line class="range" x1="${at(x(bar.range[0]))}" y1="${middle}" x2="${at(x(bar.range[1]))}" y2="${middle}"/>`
        )
      }
      const end = Math.max(x(start), bar.range === undefined ? 0 : x(bar.range[1]))
      body.push(text(end + 6, y + 12, `${short(start)} ${figure.unit}`, " class=\"quiet\""))
      y += 22
    }
    y += 22
  }
  return picture(y - 14, figure.title, body)
}

/** The powers of ten from below the least to above the most. */
const powers = (values: ReadonlyArray<number>): ReadonlyArray<number> => {
  const known = values.filter((value) => value > 0)
  const first = Math.floor(Math.log10(Math.min(...known)) + 1e-9)
  const last = Math.max(Math.ceil(Math.log10(Math.max(...known)) - 1e-9), first + 1)
  return Array.from({ length: last - first + 1 }, (_, i) => 10 ** (first + i))
}

const left = 80
const plot = 440
const height = 300

/** Draws lines. Points that are not above zero have no place, and are left out. */
export const lines = (figure: Lines): string => {
  const points = figure.series.flatMap((one) => one.points).filter(([x, y]) => x > 0 && y > 0)
  if (points.length === 0) return picture(40, figure.title, [])
  const [across, up] = [powers(points.map(([x]) => x)), powers(points.map(([, y]) => y))]
  const along = (ticks: ReadonlyArray<number>, value: number): number => {
    const [first = 1] = ticks
    return Math.log10(value / first) / (ticks.length - 1)
  }
  const x = (value: number) => left + plot * along(across, value)
  const y = (value: number) => 50 + height * (1 - along(up, value))
  const body = [
    ...across.flatMap((tick) => [
      `<line class="line" x1="${at(x(tick))}" y1="50" x2="${at(x(tick))}" y2="${50 + height}"/>`,
      text(x(tick), 68 + height, String(tick), " text-anchor=\"middle\" class=\"quiet\"")
    ]),
    ...up.flatMap((tick) => [
      `<line class="line" x1="${left}" y1="${at(y(tick))}" x2="${left + plot}" y2="${at(y(tick))}"/>`,
      text(left - 8, y(tick) + 4, short(tick), " text-anchor=\"end\" class=\"quiet\"")
    ]),
    text(left + plot / 2, 90 + height, figure.x, " text-anchor=\"middle\""),
    text(0, 40, figure.y),
    ...figure.series.flatMap((one, i) => {
      const drawn = one.points.filter(([x, y]) => x > 0 && y > 0)
      const colour = i % colours.length
      return [
        `<polyline class="p${colour}" style="fill: none; stroke-width: 2" points="${
          drawn.map(([px, py]) => `${at(x(px))},${at(y(py))}`).join(" ")
        }"/>`,
        ...drawn.map(([px, py]) => `<circle class="p${colour}" cx="${at(x(px))}" cy="${at(y(py))}" r="3.5"/>`),
        `<rect class="p${colour}" x="${left + plot + 20}" y="${56 + i * 22}" width="12" height="12"/>`,
        text(left + plot + 38, 66 + i * 22, one.name)
      ]
    })
  ]
  return picture(104 + height, figure.title, body)
}
