/**
 * What the bench measured, as it stands in the file of results.
 */
import { Schema } from "effect"

/** One run of one program. */
export const Run = Schema.Struct({
  /** Seconds from the start of the process to its end. */
  wall: Schema.Number,
  /** Seconds of the processor, of the process and its children; in steps of 10 ms. */
  user: Schema.Number,
  system: Schema.Number,
  /** The most memory of the process itself, in MiB. */
  memory: Schema.Number,
  /** Seconds of the processor that the server took meanwhile. */
  server: Schema.Number
})

export type Run = typeof Run.Type

/** A way to read a database, with a run for each round. */
export const Case = Schema.Struct({
  name: Schema.String,
  label: Schema.String,
  runs: Schema.Array(Run)
})

export type Case = typeof Case.Type

/** The cases that ran side by side on one server. */
export const Matrix = Schema.Struct({
  vendor: Schema.String,
  version: Schema.String,
  threads: Schema.Number,
  /** Bytes of INSERT statements in our own dump: what MB/s are counted in, for every program. */
  bytes: Schema.Number,
  rows: Schema.Number,
  cases: Schema.Array(Case),
  /** What could not be run, and why. */
  missing: Schema.Array(Schema.Struct({ label: Schema.String, reason: Schema.String }))
})

export type Matrix = typeof Matrix.Type

/** A program on data of several sizes. */
export const Growth = Schema.Struct({
  vendor: Schema.String,
  version: Schema.String,
  /** `data` in MB of INSERT statements, or `tables` in their number. */
  of: Schema.Literal("data", "tables"),
  points: Schema.Array(Schema.Struct({ size: Schema.Number, cases: Schema.Array(Case) })),
  missing: Schema.Array(Schema.Struct({ label: Schema.String, reason: Schema.String }))
})

export type Growth = typeof Growth.Type

export const Machine = Schema.Struct({
  when: Schema.String,
  processor: Schema.String,
  cores: Schema.Number,
  /** GiB */
  memory: Schema.Number,
  system: Schema.String,
  node: Schema.String,
  /** How many processes wanted a processor when it began: others' work slows what is measured. */
  load: Schema.Number
})

export type Machine = typeof Machine.Type

export const Results = Schema.Struct({
  matrix: Schema.OptionFromNullOr(Schema.Struct({ machine: Machine, vendors: Schema.Array(Matrix) })),
  growth: Schema.OptionFromNullOr(Schema.Struct({ machine: Machine, vendors: Schema.Array(Growth) }))
})

export type Results = typeof Results.Type
