/**
 * Options of mydumper and myloader that this version does not have. They are refused by name, never ignored.
 * A letter after a slash is the short form.
 *
 * @internal
 */
import type { CommandName } from "../CommandTable.js"
import type { Unavailable } from "./optionModel.js"

const inBoth: ReadonlyArray<string> = [
  "default-connection-database",
  "compress-protocol/C",
  "machine-log-json",
  "ignore-errors",
  "source-data",
  "source-control-command",
  "optimize-keys-engines",
  "server-version",
  "dry-run",
  "omit-from-file/O",
  "max-threads-per-table",
  "checksum-all/M",
  "data-checksums",
  "schema-checksums",
  "no-schema-checksums",
  "routine-checksums",
  "skip-database-checksums",
  "skip-data-checksums",
  "skip-table-checksums",
  "skip-index-checksums",
  "skip-view-checksums",
  "skip-trigger-checksums",
  "skip-routine-checksums",
  "skip-event-checksums",
  "skip-definer",
  "replace-definer",
  "skip-constraints",
  "skip-indexes",
  "exec-per-thread",
  "exec-per-thread-extension",
  "set-names",
  "pmm-path",
  "pmm-resolution"
]

const inDump: ReadonlyArray<string> = [
  "merge",
  "disk-limits",
  "masquerade-filename",
  "ftwrl-max-wait-time",
  "ftwrl-timeout-retries",
  "replica-data",
  "ignore-engines/i",
  "where",
  "updated-since/U",
  "partition-regex",
  "tidb-snapshot/z",
  "use-savepoints",
  "no-backup-locks",
  "exec",
  "exec-threads",
  "max-time-per-select",
  "rows-hard",
  "max-split-of-step-in-integer-chunk",
  "max-char-size",
  "max-items-per-string-chunk",
  "views-as-tables",
  "skip-metadata-sorting",
  "statement-terminated-by",
  "insert-ignore/N",
  "replace",
  "default-character-set",
  "table-engine-for-view-dependency",
  "build-empty-files/e",
  "exit-if-broken-table-found",
  "no-check-generated-fields",
  "bulk-metadata-prefetch",
  "order-by-primary",
  "compact",
  "use-defer",
  "check-row-count",
  "daemon/D",
  "snapshot-interval/I",
  "snapshot-count/X"
]

const inRestore: ReadonlyArray<string> = [
  "throttle",
  "drop-database",
  "overwrite-unsafe",
  "retry-count",
  "optimize-keys",
  "optimize-keys-batchsize",
  "disable-redo-log",
  "metadata-refresh-interval",
  "skip-table-sorting",
  "set-gtid-purged",
  "num-sequences",
  "max-threads-for-index-creation",
  "max-threads-for-schema-creation",
  "max-threads-for-post-actions",
  "rows/r",
  "queries-per-transaction/q",
  "max-transaction-size",
  "max-statement-size",
  "append-if-not-exist",
  "ignore-set",
  "skip-create-table",
  "skip-create-database",
  "quote-character/Q",
  "local-infile",
  "fifodir",
  "load-data-tmp-dir",
  "resume",
  "kill-at-once/k",
  "show-warnings"
]

const notYet = (commands: ReadonlyArray<CommandName>) => (spelling: string): Unavailable => {
  const [name = spelling, ...short] = spelling.split("/")
  return { name, short, commands, reason: "is not available yet in this version", advice: "leave it out" }
}

/** Spellings of older versions that have no equal here. */
const removed: ReadonlyArray<Unavailable> = [
  {
    name: "innodb-optimize-keys",
    short: [],
    commands: ["restore"],
    reason: "is now --optimize-keys in myloader, and not available yet in this version",
    advice: "leave it out"
  },
  {
    name: "serialized-table-creation",
    short: [],
    commands: ["restore"],
    reason: "was removed from myloader",
    advice: "leave it out"
  },
  {
    name: "refresh-table-list-interval",
    short: [],
    commands: ["restore"],
    reason: "was removed from myloader",
    advice: "leave it out"
  },
  {
    name: "success-on-1146",
    short: [],
    commands: ["dump"],
    reason: "is now --ignore-errors=1146 in mydumper, and not available yet in this version",
    advice: "leave it out"
  },
  {
    name: "nregex",
    short: [],
    commands: ["dump", "restore"],
    reason: "was removed from mydumper",
    advice: "write --regex='^(?!PATTERN)' to leave out what begins with PATTERN"
  }
]

/** @internal */
export const unavailableOptions: ReadonlyArray<Unavailable> = [
  ...inBoth.map(notYet(["dump", "restore"])),
  ...inDump.map(notYet(["dump"])),
  ...inRestore.map(notYet(["restore"])),
  ...removed
]
