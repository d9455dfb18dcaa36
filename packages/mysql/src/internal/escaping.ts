/**
 * Bytes of which some need an escape: a loop that makes nothing.
 *
 * @internal
 */

/**
 * Writes bytes with a `character` before those for which `letters` has what stands behind it, and gives where it ends.
 * Four bytes are looked at in one go; most are plain.
 *
 * @internal
 */
export const escape = (
  letters: Uint8Array,
  character: number,
  input: Uint8Array,
  start: number,
  end: number,
  out: Uint8Array,
  at: number
): number => {
  let p = start
  let to = at
  while (p < end) {
    const last = end - 4
    while (p <= last) {
      const a = input[p] ?? 0
      const b = input[p + 1] ?? 0
      const c = input[p + 2] ?? 0
      const d = input[p + 3] ?? 0
      if (((letters[a] ?? 0) | (letters[b] ?? 0) | (letters[c] ?? 0) | (letters[d] ?? 0)) !== 0) {
        break
      }
      out[to] = a
      out[to + 1] = b
      out[to + 2] = c
      out[to + 3] = d
      to += 4
      p += 4
    }
    for (const stop = Math.min(p + 4, end); p < stop; p++) {
      const byte = input[p] ?? 0
      const letter = letters[byte] ?? 0
      if (letter === 0) {
        out[to++] = byte
      } else {
        out[to++] = character
        out[to++] = letter
      }
    }
  }
  return to
}
