/**
 * Options of `sluice unpack`, in the order of the help text.
 *
 * @internal
 */
import type { CommandName } from "../CommandTable.js"
import type { Entry } from "./optionModel.js"
import { entry, Kind } from "./optionModel.js"

const commands: ReadonlyArray<CommandName> = ["unpack"]

/** @internal */
export const unpackOptions: ReadonlyArray<Entry> = [
  entry({
    commands,
    group: "Files",
    name: "directory",
    short: ["d"],
    kind: Kind.Path(),
    metavar: "DIR",
    inFiles: false,
    help: "The folder that the files go into. It is made if it is not there, and must be empty if it is."
  })
]
