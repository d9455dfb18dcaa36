/**
 * Permissions that count: the superuser has the right to pass them by, which a program can be started without.
 */
import { isSuperuser } from "../fileSystems.js"
import { program } from "../program.js"

/** What runs the program as somebody whom permissions stop; its words begin with its command. */
export const command: ReadonlyArray<string> = isSuperuser
  ? ["setpriv", "--bounding-set=-dac_override,-dac_read_search", ...program]
  : program
