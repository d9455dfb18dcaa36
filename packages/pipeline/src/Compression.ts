/**
 * How files are compressed, and what reads them.
 *
 * A compressed file stays compressed wherever it is kept and checked: sizes and checksums are of the bytes as they are
 * stored. It is decoded while it is read, a piece at a time, so that no file is ever held whole, however large it
 * becomes.
 *
 * @since 0.1.0
 */
import type * as FileName from "@sluice/format/FileName"
import * as Context from "effect/Context"
import * as Option from "effect/Option"
import type * as Stream from "effect/Stream"

import * as encoding from "./internal/encoding.js"
import * as gzip from "./internal/gzip.js"
import * as zstd from "./internal/zstd.js"
import * as zstdPlatform from "./internal/zstdPlatform.js"
import { BackupError } from "./SluiceError.js"

/**
 * Takes the compression off a file's bytes. Fails with `Damaged` for what is not a whole file of that kind: cut, empty,
 * with a checksum that does not match, or with anything behind its end.
 *
 * @since 0.1.0
 * @category models
 */
export type Decode = (
  file: string,
  compression: FileName.Compression
) => <E>(bytes: Stream.Stream<Uint8Array, E>) => Stream.Stream<Uint8Array, E | BackupError>

const damaged = (file: string) => (detail: string): BackupError =>
  new BackupError({
    reason: "Damaged",
    what: "a file of the backup cannot be decompressed",
    where: file,
    detail,
    advice: "The backup is damaged: take another copy of the file"
  })

const decodeWith =
  (platform: zstd.Platform): Decode => (file, compression) => <E>(bytes: Stream.Stream<Uint8Array, E>) => {
    const fail: (detail: string) => E | BackupError = damaged(file)
    switch (compression) {
      case "none":
        return bytes
      case "gzip":
        return gzip.decode(fail)(bytes)
      case "zstd":
        return zstd.decode(platform)(fail)(bytes)
    }
  }

/**
 * What decodes files. Who gives none gets what this platform has: gzip and deflate of `node:zlib`, and for Zstandard
 * `node:zlib` where it has it (Node 22.15 and newer), else JavaScript.
 *
 * @since 0.1.0
 * @category references
 */
export class Compression extends Context.Reference<Compression>()("@sluice/pipeline/Compression", {
  defaultValue: (): { readonly decode: Decode } => ({ decode: decodeWith(zstdPlatform.platform) })
}) {}

/**
 * Makes what compresses a file, piece by piece, beside the event loop.
 *
 * @since 0.1.0
 * @category models
 */
export type Encoder = encoding.Make

/**
 * What this platform can compress with: gzip always, Zstandard from Node 22.15 on.
 *
 * @since 0.1.0
 * @category constructors
 */
export const encoder = (compression: Exclude<FileName.Compression, "none">): Option.Option<Encoder> =>
  compression === "gzip" ? Option.some(encoding.gzip) : encoding.zstd
