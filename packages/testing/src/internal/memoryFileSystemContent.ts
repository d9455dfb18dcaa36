/**
 * The bytes of one file: a growing array, and how much of it must not change.
 *
 * Invariant: the bytes of `bytes` after `size` are zero, so that a hole needs no work.
 *
 * @internal
 */
export interface Content {
  bytes: Uint8Array
  size: number
  /** This many leading bytes of `bytes` are shared with `synced`: copy before they change. */
  frozen: number
  /** What the file held at its last fsync. */
  synced: Uint8Array
}

/**
 * No file grows beyond this: a wrong offset must not eat the machine.
 *
 * @internal
 */
export const maximumSize = 2 ** 31

const empty = new Uint8Array(0)

/** @internal */
export const make = (): Content => ({ bytes: empty, size: 0, frozen: 0, synced: empty })

const reserve = (self: Content, size: number): void => {
  if (size > self.bytes.length) {
    const bytes = new Uint8Array(Math.min(maximumSize, Math.max(size, 2 * self.bytes.length, 256)))
    bytes.set(self.bytes.subarray(0, self.size))
    self.bytes = bytes
    self.frozen = 0
  }
}

/**
 * Copies bytes from offset `at` into `target`, and says how many there were.
 *
 * @internal
 */
export const read = (self: Content, target: Uint8Array, at: number): number => {
  if (at >= self.size) {
    return 0
  }
  const length = Math.min(target.length, self.size - at)
  target.set(self.bytes.subarray(at, at + length))
  return length
}

/** @internal */
export const write = (self: Content, source: Uint8Array, at: number): void => {
  const end = at + source.length
  reserve(self, end)
  if (at < self.frozen) {
    self.bytes = self.bytes.slice()
    self.frozen = 0
  }
  self.bytes.set(source, at)
  self.size = Math.max(self.size, end)
}

/** @internal */
export const resize = (self: Content, size: number): void => {
  if (size > self.size) {
    reserve(self, size)
  } else if (size < self.frozen) {
    self.bytes = self.bytes.slice(0, size)
    self.frozen = 0
  } else {
    self.bytes.fill(0, size, self.size)
  }
  self.size = size
}

/** @internal */
export const copy = (self: Content): Uint8Array => self.bytes.slice(0, self.size)

/**
 * What fsync does: from here on this is what a power cut leaves behind.
 *
 * @internal
 */
export const sync = (self: Content): void => {
  self.synced = self.bytes.subarray(0, self.size)
  self.frozen = self.size
}
