/**
 * The lock modes by the words that people type for them.
 *
 * @internal
 */
import * as Consistency from "@sluice/mysql/Consistency"

import type * as Config from "../Config.js"

/** @internal */
export const lockModes: { readonly [Mode in Config.LockMode]: Consistency.LockMode } = {
  AUTO: Consistency.LockMode.Auto(),
  FTWRL: Consistency.LockMode.Ftwrl(),
  LOCK_ALL: Consistency.LockMode.LockAll(),
  GTID: Consistency.LockMode.Gtid(),
  SAFE_NO_LOCK: Consistency.LockMode.SafeNoLock(),
  NO_LOCK: Consistency.LockMode.NoLock()
}
