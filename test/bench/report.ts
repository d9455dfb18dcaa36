/**
 * Results for people: a table for the terminal, and the part of docs/performance.md that the bench writes.
 */
import { Option } from "effect"

import * as Figures from "./figures.js"
import * as Programs from "./programs.js"
import type * as Results from "./results.js"
import * as Statistics from "./statistics.js"

const walls = (one: Results.Case) => one.runs.map(({ wall }) => wall)
const processor = (one: Results.Case) => one.runs.map(({ system, user }) => user + system)

const middle = (one: Results.Case, of: (run: Results.Run) => number): number => Statistics.median(one.runs.map(of))

/** The ratio of a case to another one, with how it differed from round to round. */
const against = (
  matrix: Results.Matrix,
  name: string,
  one: Results.Case,
  of: (one: Results.Case) => ReadonlyArray<number>
) => {
  const other = matrix.cases.find((other) => other.name === name)
  if (other === undefined || other === one) return ""
  const { least, median, most } = Statistics.ratios(of(one), of(other))
  return Number.isNaN(median) ? "" : `${median.toFixed(2)} (${least.toFixed(2)}–${most.toFixed(2)})`
}

const heads = [
  "case",
  "wall s",
  "user s",
  "system s",
  "peak MiB",
  "MB/s",
  "server s",
  "wall ÷ floor",
  "wall ÷ mydumper",
  "CPU ÷ mydumper"
]

const cells = (matrix: Results.Matrix, one: Results.Case): ReadonlyArray<string> => {
  const wall = Statistics.spread(walls(one))
  return [
    one.label,
    `${wall.median.toFixed(2)} (${wall.least.toFixed(2)}–${wall.most.toFixed(2)})`,
    middle(one, ({ user }) => user).toFixed(2),
    middle(one, ({ system }) => system).toFixed(2),
    middle(one, ({ memory }) => memory).toFixed(0),
    (matrix.bytes / 1e6 / wall.median).toFixed(0),
    middle(one, ({ server }) => server).toFixed(2),
    against(matrix, Programs.floor, one, walls),
    against(matrix, Programs.mydumper, one, walls),
    one.name === Programs.floor ? "" : against(matrix, Programs.mydumper, one, processor)
  ]
}

/** A table of text, its columns as wide as what is in them. */
export const aligned = (rows: ReadonlyArray<ReadonlyArray<string>>): string => {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)))
  return rows.map((row) =>
    row.map((cell, at) => at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)).join("  ")
  ).join("\n")
}

const markdown = ([head = [], ...rows]: ReadonlyArray<ReadonlyArray<string>>): string =>
  [head, head.map((_, at) => at === 0 ? "---" : "---:"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n")

const titleOf = (matrix: Results.Matrix): string =>
  `${matrix.vendor} ${matrix.version}: ${(matrix.bytes / 1e6).toFixed(0)} MB of INSERT statements, ` +
  `${matrix.rows} rows, ${matrix.threads} connections, ${matrix.cases[0]?.runs.length ?? 0} rounds`

const rowsOf = (matrix: Results.Matrix) => [heads, ...matrix.cases.map((one) => cells(matrix, one))]

const leftOut = (missing: Results.Matrix["missing"]): ReadonlyArray<string> =>
  missing.map(({ label, reason }) => `Not run: ${label}: ${reason}`)

/** What was measured, for the terminal. */
export const matrixText = (matrix: Results.Matrix): string =>
  [titleOf(matrix), aligned(rowsOf(matrix)), ...leftOut(matrix.missing), ""].join("\n")

const growthHeads = ["case", "size", "wall s", "CPU s", "peak MiB", "server s"]

const growthRows = (growth: Results.Growth) => [
  growthHeads,
  ...growth.points.flatMap(({ cases, size }) =>
    cases.map((one) => [
      one.label,
      growth.of === "data" ? `${size} MB` : `${size} tables`,
      Statistics.median(walls(one)).toFixed(2),
      Statistics.median(processor(one)).toFixed(2),
      middle(one, ({ memory }) => memory).toFixed(0),
      middle(one, ({ server }) => server).toFixed(2)
    ])
  )
]

const seriesOf = (growth: Results.Growth, of: (run: Results.Run) => number) => {
  const names = new Map(growth.points.flatMap(({ cases }) => cases.map(({ label, name }) => [name, label] as const)))
  return Array.from(names, ([name, label]) => ({
    name: label,
    points: growth.points.flatMap(({ cases, size }) =>
      cases.filter((one) => one.name === name).map((one) => [size, middle(one, of)] as const)
    )
  }))
}

const growthTitle = (growth: Results.Growth): string =>
  `${growth.vendor} ${growth.version}: ${growth.of === "data" ? "more data" : "more tables"}`

/** Between the two largest sizes, where what a start costs counts least. */
const exponents = (growth: Results.Growth): ReadonlyArray<string> =>
  seriesOf(growth, ({ wall }) => wall).map(({ name, points }) =>
    `${name}: from ${points.at(-2)?.[0]} to ${points.at(-1)?.[0]} the wall time grows with the power ` +
    `${Statistics.exponent(points.slice(-2)).toFixed(2)} of the size`
  )

/** What was measured of growth, for the terminal. */
export const growthText = (growth: Results.Growth): string =>
  [growthTitle(growth), aligned(growthRows(growth)), ...exponents(growth), ...leftOut(growth.missing), ""].join("\n")

const isOurs = (one: Results.Case): boolean => one.label.startsWith("sluice")

const wallFigure = (vendors: ReadonlyArray<Results.Matrix>): Figures.Bars => ({
  title: "Wall time of a dump, median and range",
  unit: "s",
  parts: ["wall"],
  groups: vendors.map((matrix) => ({
    name: `${matrix.vendor} ${matrix.version}`,
    bars: matrix.cases.map((one) => {
      const { least, median, most } = Statistics.spread(walls(one))
      return { label: one.label, parts: [median], range: [least, most], strong: isOurs(one) }
    })
  }))
})

const processorFigure = (vendors: ReadonlyArray<Results.Matrix>): Figures.Bars => ({
  title: "Time of the processor that the program itself takes, median",
  unit: "s",
  parts: ["user", "system"],
  groups: vendors.map((matrix) => ({
    name: `${matrix.vendor} ${matrix.version}`,
    bars: matrix.cases.map((one) => ({
      label: one.label,
      parts: [middle(one, ({ user }) => user), middle(one, ({ system }) => system)],
      strong: isOurs(one)
    }))
  }))
})

const memoryFigure = (vendors: ReadonlyArray<Results.Matrix>): Figures.Bars => ({
  title: "Most memory of the program, median",
  unit: "MiB",
  parts: ["memory"],
  groups: vendors.map((matrix) => ({
    name: `${matrix.vendor} ${matrix.version}`,
    bars: matrix.cases.map((one) => ({
      label: one.label,
      parts: [middle(one, ({ memory }) => memory)],
      strong: isOurs(one)
    }))
  }))
})

const growthFigure = (of: Results.Growth["of"], all: ReadonlyArray<Results.Growth>): Figures.Lines => ({
  title: of === "data" ? "Wall time as data grow" : "Wall time as tables become more",
  x: of === "data" ? "MB of INSERT statements" : "tables of ten rows",
  y: "seconds",
  series: all.filter((growth) => growth.of === of).flatMap((growth) =>
    seriesOf(growth, ({ wall }) => wall).map(({ name, points }) => ({ name: `${growth.vendor}: ${name}`, points }))
  )
})

/** The figures, by the names of their files. */
export const figures = ({ growth, matrix }: Results.Results): ReadonlyArray<readonly [name: string, svg: string]> => [
  ...Option.match(matrix, {
    onNone: () => [],
    onSome: ({ vendors }) => [
      ["wall.svg", Figures.bars(wallFigure(vendors))] as const,
      ["cpu.svg", Figures.bars(processorFigure(vendors))] as const,
      ["memory.svg", Figures.bars(memoryFigure(vendors))] as const
    ]
  }),
  ...Option.match(growth, {
    onNone: () => [],
    onSome: ({ vendors }) => [
      ["growth-data.svg", Figures.lines(growthFigure("data", vendors))] as const,
      ["growth-tables.svg", Figures.lines(growthFigure("tables", vendors))] as const
    ]
  })
]

const machineText = (machine: Results.Machine): string =>
  `Measured ${machine.when} UTC on ${machine.cores} cores (${machine.processor}), ${machine.memory} GiB of memory, ` +
  `${machine.system}, Node ${machine.node}; the servers ran on the same machine. The load was ` +
  `${machine.load.toFixed(1)} when it began${
    machine.load > 0.7 ? ": others were at work, so the times are longer than they need be" : ""
  }.`

const picture = (name: string, alt: string): string => `![${alt}](figures/${name})`

/** The part of docs/performance.md between its marks. */
export const page = ({ growth, matrix }: Results.Results): string =>
  [
    ...Option.match(matrix, {
      onNone: () => ["No run yet."],
      onSome: ({ machine, vendors }) => [
        machineText(machine),
        ...vendors.flatMap((one) => [`### ${titleOf(one)}`, markdown(rowsOf(one)), ...leftOut(one.missing)]),
        picture("wall.svg", "wall time"),
        picture("cpu.svg", "time of the processor"),
        picture("memory.svg", "memory")
      ]
    }),
    ...Option.match(growth, {
      onNone: () => [],
      onSome: ({ machine, vendors }) => [
        "## Growth",
        machineText(machine),
        ...vendors.flatMap((one) => [
          `### ${growthTitle(one)}`,
          markdown(growthRows(one)),
          exponents(one).map((line) => `- ${line}`).join("\n"),
          ...leftOut(one.missing)
        ]),
        picture("growth-data.svg", "wall time as data grow"),
        picture("growth-tables.svg", "wall time as tables become more")
      ]
    })
  ].join("\n\n")

const marks = ["<!-- made by `npm run bench` -->", "<!-- end of what it made -->"] as const

/** Puts the part into the page, between the marks. */
export const into = (text: string, part: string): string => {
  const [before = "", rest = ""] = text.split(marks[0])
  const [, after = ""] = rest.split(marks[1])
  return `${before}${marks[0]}\n\n${part}\n\n${marks[1]}${after}`
}
