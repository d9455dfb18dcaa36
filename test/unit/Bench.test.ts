/**
 * What the bench makes of its numbers.
 */
import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc, Option } from "effect"

import * as Figures from "../bench/figures.js"
import * as Report from "../bench/report.js"
import type * as Results from "../bench/results.js"
import * as Statistics from "../bench/statistics.js"

const label = fc.string({ maxLength: 12 })
const number = fc.oneof(fc.constant(0), fc.double({ min: 1e-6, max: 1e6, noNaN: true }))

const bar: fc.Arbitrary<Figures.Bar> = fc.record({
  label,
  parts: fc.array(number, { minLength: 1, maxLength: 3 }),
  strong: fc.boolean()
})

const barFigure: fc.Arbitrary<Figures.Bars> = fc.record({
  title: label,
  unit: fc.constantFrom("s", "MiB"),
  parts: fc.constantFrom(["wall"], ["user", "system"]),
  groups: fc.array(fc.record({ name: label, bars: fc.array(bar, { maxLength: 4 }) }), { maxLength: 3 })
})

const lineFigure: fc.Arbitrary<Figures.Lines> = fc.record({
  title: label,
  x: label,
  y: label,
  series: fc.array(
    fc.record({ name: label, points: fc.array(fc.tuple(number, number), { maxLength: 5 }) }),
    { maxLength: 3 }
  )
})

/** Fails unless every tag is closed, in order, and nothing stands in it that is no XML. */
const assertWellFormed = (svg: string) => {
  const open: Array<string> = []
  const rest = svg.replaceAll(
    /<(\/?)([a-z]+)((?: [a-zA-Z0-9:-]+="[^"<]*")*)(\/?)>/g,
    (_, closes, name, _more, empty) => {
      if (closes === "/") assert.strictEqual(open.pop(), name)
      else if (empty !== "/") open.push(name)
      return ""
    }
  )
  assert.deepStrictEqual(open, [])
  assert.notMatch(rest, /[<>]|&(?!(?:amp|lt|gt|quot);)/)
  // names may be anything
  assert.notMatch(svg.replaceAll(/>[^<]*<|aria-label="[^"]*"/g, "><"), /NaN|Infinity|undefined/)
}

describe("the bench's figures", () => {
  it("are well formed, whatever the names and numbers", () => {
    fc.assert(fc.property(barFigure, (figure) => assertWellFormed(Figures.bars(figure))))
    fc.assert(fc.property(lineFigure, (figure) => assertWellFormed(Figures.lines(figure))))
  })

  it("draw bars that are as long as their numbers", () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 2, maxLength: 8 }), (values) => {
      const svg = Figures.bars({
        title: "",
        unit: "s",
        parts: ["wall"],
        groups: [{ name: "", bars: values.map((value) => ({ label: "", parts: [value] })) }]
      })
      const widths = Array.from(svg.matchAll(/<rect[^>]* width="([\d.]+)"/g), ([, width]) => Number(width))
      assert.strictEqual(widths.length, values.length)
      const longest = Math.max(...widths)
      values.forEach((value, i) => {
        assert.closeTo((widths[i] ?? 0) / longest, value / Math.max(...values), 0.001)
      })
    }))
  })

  it("draw what grows in proportion at 45 degrees, where both axes have as many powers", () => {
    const svg = Figures.lines({
      title: "",
      x: "",
      y: "",
      series: [{ name: "", points: [[1, 1], [10, 10], [100, 100]] }]
    })
    const points = Array.from(
      svg.matchAll(/<circle[^>]* cx="([\d.]+)" cy="([\d.]+)"/g),
      ([, x, y]) => [Number(x), Number(y)] as const
    )
    const slope = (from: number, to: number) =>
      ((points[to]?.[1] ?? 0) - (points[from]?.[1] ?? 0)) / ((points[to]?.[0] ?? 0) - (points[from]?.[0] ?? 0))
    assert.strictEqual(points.length, 3)
    assert.isBelow(slope(0, 1), 0)
    assert.closeTo(slope(0, 1), slope(1, 2), 0.01)
  })
})

describe("the bench's statistics", () => {
  it("take the middle, which half of the runs are not above and half not below", () => {
    fc.assert(fc.property(fc.array(number, { minLength: 1, maxLength: 15 }), (values) => {
      const { least, median, most } = Statistics.spread(values)
      assert.isAtMost(values.filter((value) => value < median).length, values.length / 2)
      assert.isAtMost(values.filter((value) => value > median).length, values.length / 2)
      assert.isTrue(values.every((value) => value >= least && value <= most))
    }))
  })

  it("hold runs of the same round against each other", () => {
    assert.deepStrictEqual(Statistics.ratios([2, 40, 6], [1, 10, 3]), { median: 2, least: 2, most: 4 })
  })

  it("find the power by which something grows", () => {
    fc.assert(fc.property(
      fc.double({ min: -1, max: 3, noNaN: true }),
      fc.double({ min: 0.1, max: 100, noNaN: true }),
      (power, factor) => {
        const points = [1, 4, 16].map((size) => [size, factor * size ** power] as const)
        assert.closeTo(Statistics.exponent(points), power, 1e-9)
      }
    ))
  })
})

const run = (wall: number): Results.Run => ({ wall, user: wall / 2, system: 0.25, memory: 100, server: 1 })

const machine: Results.Machine = {
  when: "2026-01-02 03:04",
  processor: "P",
  cores: 2,
  memory: 8,
  system: "Linux",
  node: "v20",
  load: 0
}

const results: Results.Results = {
  matrix: Option.some({
    machine,
    vendors: [{
      vendor: "mariadb",
      version: "10",
      threads: 2,
      bytes: 100e6,
      rows: 5,
      cases: [
        { name: "floor", label: "floor", runs: [run(1), run(2)] },
        { name: "pipe", label: "sluice, pipe", runs: [run(2), run(2)] },
        { name: "mydumper", label: "mydumper", runs: [run(4), run(8)] }
      ],
      missing: [{ label: "other", reason: "not there" }]
    }]
  }),
  growth: Option.none()
}

describe("the bench's page", () => {
  it("tells medians, MB/s and ratios of rounds", () => {
    const line = Report.page(results).split("\n").find((line) => line.startsWith("| sluice, pipe"))
    assert.strictEqual(
      line,
      "| sluice, pipe | 2.00 (2.00–2.00) | 1.00 | 0.25 | 100 | 50 | 1.00 | 1.50 (1.00–2.00) | 0.38 (0.25–0.50) | " +
        "0.42 (0.29–0.56) |"
    )
    assert.include(Report.page(results), "Not run: other: not there")
    assert.deepStrictEqual(Report.figures(results).map(([name]) => name), ["wall.svg", "cpu.svg", "memory.svg"])
  })

  it("leaves what stands around it as it is", () => {
    const around = (part: string) =>
      `above\n<!-- made by \`npm run bench\` -->${part}<!-- end of what it made -->\nbelow\n`
    fc.assert(fc.property(fc.string({ unit: fc.constantFrom("a", "\n", "#") }), (old) => {
      assert.strictEqual(Report.into(around(old), "new"), around("\n\nnew\n\n"))
    }))
  })
})
