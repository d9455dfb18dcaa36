/**
 * CRC-32 (ISO 3309, the polynomial of gzip and zlib), in the obvious way.
 *
 * Small texts are sealed with it; data files are checked with the platform's own, which a test holds equal to this.
 *
 * @since 0.1.0
 */

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte
  for (let bit = 0; bit < 8; bit++) {
    value = (value & 1) === 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1
  }
  return value >>> 0
})

/**
 * The CRC-32 of `bytes`, continuing from `previous`, as an unsigned 32-bit number.
 *
 * @since 0.1.0
 * @category checksums
 */
export const update = (bytes: Uint8Array, previous = 0): number => {
  let crc = ~previous
  for (const byte of bytes) {
    crc = (crc >>> 8) ^ (table[(crc ^ byte) & 0xff] ?? 0)
  }
  return ~crc >>> 0
}

/**
 * A checksum as it is written in a backup: the name of its algorithm and its digits, such as `crc32:0d4a1185`.
 *
 * @since 0.1.0
 * @category checksums
 */
export const render = (crc: number): string => `crc32:${crc.toString(16).padStart(8, "0")}`
