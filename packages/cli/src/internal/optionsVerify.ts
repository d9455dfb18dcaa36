/**
 * Options of `sluice verify`, in the order of the help text.
 *
 * @internal
 */
import type { CommandName } from "../CommandTable.js"
import type { Entry } from "./optionModel.js"
import { entry, Kind } from "./optionModel.js"

const commands: ReadonlyArray<CommandName> = ["verify"]

/** @internal */
export const verifyOptions: ReadonlyArray<Entry> = [
  entry({
    commands,
    group: "Files",
    name: "directory",
    short: ["d"],
    kind: Kind.Path(),
    metavar: "DIR",
    inFiles: false,
    help: "The stream carries only names, and this is the folder with its files. They are kept."
  }),
  entry({
    commands,
    group: "How",
    name: "json",
    kind: Kind.Flag(),
    help: "Also print the report on standard output, as one JSON document."
  })
]
