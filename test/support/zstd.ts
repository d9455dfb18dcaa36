/**
 * Zstandard files without a compressor: blocks that are stored as they are, and runs of one byte.
 */
import { spawnSync } from "node:child_process"

import xxhash from "xxhash-wasm"

const { h64Raw } = await xxhash()

export interface Block {
  readonly run?: { readonly byte: number; readonly count: number }
  readonly bytes?: Uint8Array
}

export interface Frame {
  readonly blocks: ReadonlyArray<Block>
  readonly checksum: boolean
  /** Whether the size of what it holds stands in its header. */
  readonly size: boolean
}

export const contentOf = (frame: Frame): Uint8Array =>
  new Uint8Array(Buffer.concat(
    frame.blocks.map(({ bytes, run }) => bytes ?? new Uint8Array(run?.count ?? 0).fill(run?.byte ?? 0))
  ))

export const frame = (frame: Frame): Uint8Array => {
  const content = contentOf(frame)
  const head = Buffer.alloc(frame.size ? 10 : 6)
  head.writeUInt32LE(0xfd2fb528, 0)
  head[4] = (frame.size ? 0x80 : 0) | (frame.checksum ? 4 : 0)
  // a window of 256 KB
  head[5] = 8 << 3
  if (frame.size) {
    head.writeUInt32LE(content.length, 6)
  }
  const parts: Array<Uint8Array> = [head]
  const blocks = frame.blocks.length === 0 ? [{ bytes: new Uint8Array(0) }] : frame.blocks
  for (const [i, { bytes, run }] of blocks.entries()) {
    const last = i === blocks.length - 1 ? 1 : 0
    const block = Buffer.alloc(3)
    block.writeUIntLE(last | (bytes === undefined ? 2 : 0) | ((bytes?.length ?? run?.count ?? 0) << 3), 0, 3)
    parts.push(block, bytes ?? Uint8Array.of(run?.byte ?? 0))
  }
  if (frame.checksum) {
    const sum = Buffer.alloc(4)
    sum.writeUInt32LE(Number(h64Raw(content) & 0xffffffffn))
    parts.push(sum)
  }
  return new Uint8Array(Buffer.concat(parts))
}

/** A frame that holds nothing of a file, such as a note of the compressor's. */
export const note = (bytes: Uint8Array): Uint8Array => {
  const head = Buffer.alloc(8)
  head.writeUInt32LE(0x184d2a53, 0)
  head.writeUInt32LE(bytes.length, 4)
  return new Uint8Array(Buffer.concat([head, bytes]))
}

/** Whether the `zstd` program is there. */
export const isInstalled = spawnSync("zstd", ["--version"]).status === 0

export const compress = (bytes: Uint8Array, ...options: ReadonlyArray<string>): Uint8Array =>
  new Uint8Array(spawnSync("zstd", ["-cq", ...options], { input: bytes, maxBuffer: 1 << 28 }).stdout)
