/**
 * The WebAssembly form of `RowText.write`, sixteen bytes at once, for many rows in one call. It reads and writes memory
 * of its own: what the socket reads into, and the buffers that pieces are written into, so that nothing is copied on
 * the way. Its source is packages/mysql/kernel/rows.ts.
 *
 * @internal
 */
import * as Option from "effect/Option"

import { base64 } from "./kernelModule.js"

interface Memory {
  readonly buffer: ArrayBuffer
}

interface Exports {
  readonly rows: (
    src: number,
    end: number,
    out: number,
    outEnd: number,
    limit: number,
    kinds: number,
    columns: number
  ) => number
  readonly at: { readonly value: number }
  readonly taken: { readonly value: number }
}

/** What is used of the platform's, which the types of Node leave out. */
declare const WebAssembly: {
  readonly validate: (bytes: Uint8Array) => boolean
  readonly Memory: new(size: { readonly initial: number; readonly maximum: number }) => Memory
  readonly Module: new(bytes: Uint8Array) => object
  readonly Instance: new(
    module: object,
    imports: { readonly env: { readonly memory: Memory } }
  ) => { readonly exports: Exports }
}

const pageSize = 65536

/** The kinds of a statement's columns stand here, behind what the module needs itself. */
const kindsAt = 4096
const mostColumns = 4096

/** A row that is larger is read somewhere else, and written without the kernel. */
const windowSize = 1 << 20
const windowAt = pageSize

/** The kernel reads and writes this far beyond. */
const beyond = 64

/** Of larger statements only so much is written by it. */
const largestRegion = 16 << 20

/** As many as `Spares` keeps. */
const regionCount = 3

/**
 * The kernel of one connection, with its memory. Memory costs nothing until it is written to.
 *
 * @internal
 */
export class Kernel {
  /** What the rows are read into. */
  readonly window: Uint8Array
  /** What pieces are written into. */
  readonly regions: ReadonlyArray<Uint8Array>
  private readonly memory: Uint8Array

  constructor(private readonly exports: Exports, memory: Memory, private readonly regionSize: number) {
    this.memory = new Uint8Array(memory.buffer)
    this.window = this.memory.subarray(windowAt, windowAt + windowSize)
    this.regions = Array.from({ length: regionCount }, (_, i) => {
      const from = windowAt + windowSize + beyond + i * (regionSize + beyond)
      return this.memory.subarray(from, from + regionSize)
    })
  }

  /** Whether it is large enough for buffers of so many bytes. */
  suits(buffer: number): boolean {
    return this.regionSize >= Math.min(buffer, largestRegion)
  }

  /** Whether bytes stand in its memory. */
  holds(bytes: Uint8Array): boolean {
    return bytes.buffer === this.memory.buffer
  }

  /** Says what the columns are, by the codes of `RowText`. False when there are too many. */
  begin(kinds: Uint8Array): boolean {
    if (kinds.length > mostColumns) {
      return false
    }
    this.memory.set(kinds, kindsAt)
    return true
  }

  /**
   * Adds rows to a statement, each with a comma before it: those whose packets stand between `start` and `end` of
   * `input`, written to `out` from `at` on, as long as they end before `limit`. Both stand in its memory. Gives where
   * the first packet stands that it left; `written` and `taken` say the rest.
   */
  rows(
    input: Uint8Array,
    start: number,
    end: number,
    out: Uint8Array,
    at: number,
    limit: number,
    columns: number
  ): number {
    const to = out.byteOffset
    const from = input.byteOffset
    return this.exports.rows(
      from + start,
      from + end,
      to + at,
      to + out.length,
      to + Math.min(limit, out.length),
      kindsAt,
      columns
    ) - from
  }

  /** Where the next byte goes in `out`. */
  written(out: Uint8Array): number {
    return this.exports.at.value - out.byteOffset
  }

  /** How many rows were added. */
  get taken(): number {
    return this.exports.taken.value
  }
}

/**
 * A kernel with buffers of at least so many bytes, unless that is very much; none where the platform cannot run it.
 *
 * @internal
 */
export const make = (buffer: number): Option.Option<Kernel> => {
  const bytes = Buffer.from(base64, "base64")
  if (typeof WebAssembly === "undefined" || !WebAssembly.validate(bytes)) {
    return Option.none()
  }
  const regionSize = Math.ceil(Math.min(buffer, largestRegion) / 16) * 16
  const pages = Math.ceil((windowAt + windowSize + beyond + regionCount * (regionSize + beyond)) / pageSize)
  // a limit of the process may leave no room for it
  return Option.liftThrowable(() => {
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages })
    const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } })
    return new Kernel(instance.exports, memory, regionSize)
  })()
}
