/**
 * What other users of the machine see of a run.
 *
 * @internal
 */

/**
 * Takes the words of the command line, and with them a password, out of the list of processes, where everybody sees
 * them: what stands there is the program and the command. To be called before anything else is loaded, as the words
 * are there to see until then; where the system has no such thing, it changes nothing.
 *
 * @internal
 */
export const hideWords = (argv: ReadonlyArray<string>): void => {
  const [command = ""] = argv
  process.title = /^[a-z]+$/.test(command) ? `sluice ${command}` : "sluice"
}
