/**
 * The command line of Sluice, for programs that embed it.
 *
 * @since 0.1.0
 */
export * as Arguments from "./Arguments.js"
export * as Cli from "./Cli.js"
export * as CommandTable from "./CommandTable.js"
export * as Compare from "./Compare.js"
export * as Config from "./Config.js"
export * as Endpoint from "./Endpoint.js"
export * as ExitCode from "./ExitCode.js"
export * as Help from "./Help.js"
export * as Incomplete from "./Incomplete.js"
export * as Jobs from "./Jobs.js"
export * as OptionFile from "./OptionFile.js"
export * as OptionTable from "./OptionTable.js"
export * as Precedence from "./Precedence.js"
export * as Report from "./Report.js"
export * as Setting from "./Setting.js"
export * as UsageError from "./UsageError.js"
