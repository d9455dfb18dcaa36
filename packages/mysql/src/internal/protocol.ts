/**
 * The packets of the client/server protocol that a plain query needs.
 * https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_query.html
 *
 * @internal
 */

/** The most bytes a packet can hold; what is longer goes on in the next one. @internal */
export const MAX_PAYLOAD = 0xffffff
/** The length of what stands before the payload of a packet. @internal */
export const HEADER = 4
const TWO_TO_32 = 0x100000000

/** @internal */
export const COM_QUERY = 0x03
/** @internal */
export const COM_FIELD_LIST = 0x04

/** @internal */
export const OK = 0x00
/** @internal */
export const ERR = 0xff
/** @internal */
export const EOF = 0xfe
/** @internal */
export const LOCAL_INFILE = 0xfb
/** A NULL in a row. @internal */
export const NULL = 0xfb
/** A row that starts with 0xfe has a value of 16 MB at least, so it is longer than this. @internal */
export const EOF_MAX_LENGTH = 9

const MORE_RESULTS = 0x0008

/**
 * The length of the payload of the packet whose header stands at `at`.
 *
 * @internal
 */
export const payloadLength = (bytes: Uint8Array, at: number): number =>
  (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16)

/**
 * The length of the row's payload whose packet stands at `at`, or -1 when none does: there is not all of it before
 * `end`, it is more than a packet holds, or it is not a row. Only where rows are expected.
 *
 * @internal
 */
export const rowLength = (bytes: Uint8Array, at: number, end: number): number => {
  if (end - at <= HEADER) return -1
  const length = payloadLength(bytes, at)
  const first = bytes[at + HEADER]
  return length === 0 || length === MAX_PAYLOAD || end - at < HEADER + length || first === ERR ||
      (first === EOF && length < EOF_MAX_LENGTH)
    ? -1
    : length
}

const CLIENT_SSL = 0x0800

/**
 * Whether a server's greeting, a packet with its header, says that it can be talked to over TLS. An error in its place
 * says nothing.
 * https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_packets_protocol_handshake_v10.html
 *
 * @internal
 */
export const offersTls = (packet: Uint8Array): boolean => {
  const version = packet.indexOf(0, HEADER + 1) // the version of the server ends here
  const capabilities = version + 1 + 4 + 8 + 1 // the number of the connection, a part of the salt, a filler
  return packet[HEADER] === 10 && version > 0 &&
    (((packet[capabilities] ?? 0) | ((packet[capabilities + 1] ?? 0) << 8)) & CLIENT_SSL) !== 0
}

/**
 * How many bytes a command takes on the wire.
 *
 * @internal
 */
export const framedLength = (body: Uint8Array): number => {
  const payload = body.length + 1
  return payload + HEADER * packets(body)
}

/**
 * How many packets a command takes. A payload of exactly the most needs an empty packet behind it.
 *
 * @internal
 */
export const packets = (body: Uint8Array): number => Math.floor((body.length + 1) / MAX_PAYLOAD) + 1

/**
 * Writes a command as it goes on the wire into the start of `out`, which has room for it.
 *
 * @internal
 */
export const frame = (command: number, body: Uint8Array, out: Uint8Array): void => {
  const payload = body.length + 1
  let at = 0
  let from = 0
  for (let sequence = 0; sequence < packets(body); sequence++) {
    const first = sequence === 0
    const length = Math.min(payload - sequence * MAX_PAYLOAD, MAX_PAYLOAD)
    out[at] = length & 0xff
    out[at + 1] = (length >> 8) & 0xff
    out[at + 2] = length >> 16
    out[at + 3] = sequence & 0xff
    at += HEADER
    if (first) {
      out[at++] = command
    }
    const to = from + length - (first ? 1 : 0)
    out.set(body.subarray(from, to), at)
    at += to - from
    from = to
  }
}

/** `slice` of a Buffer is a view; this is a copy. */
const copy = (bytes: Uint8Array, from: number, to: number): Uint8Array => new Uint8Array(bytes.subarray(from, to))

/**
 * Reads the parts of a packet one after the other. The bytes are only looked at.
 *
 * @internal
 */
export class PacketReader {
  constructor(private readonly bytes: Uint8Array, private at: number, private readonly end: number) {}

  byte(): number {
    return this.at < this.end ? this.bytes[this.at++] ?? 0 : 0
  }

  short(): number {
    return this.byte() | (this.byte() << 8)
  }

  /** A length-encoded integer; beyond 2^53 it is not exact. `undefined` for the byte that stands for NULL. */
  integer(): number | undefined {
    const first = this.byte()
    if (first < NULL) return first
    if (first === NULL) return undefined
    if (first === 0xfc) return this.short()
    if (first === 0xfd) return this.short() | (this.byte() << 16)
    const low = this.short() + this.short() * 0x10000
    return low + (this.short() + this.short() * 0x10000) * TWO_TO_32
  }

  /** A copy of a length-encoded string. */
  string(): Uint8Array | null {
    const length = this.integer()
    if (length === undefined) return null
    const from = this.at
    this.at = Math.min(from + length, this.end)
    return copy(this.bytes, from, this.at)
  }

  /** A copy of the next bytes, or of as many as there are. */
  take(length: number): Uint8Array {
    const from = this.at
    this.at = Math.min(from + length, this.end)
    return copy(this.bytes, from, this.at)
  }

  peek(): number {
    return this.at < this.end ? this.bytes[this.at] ?? 0 : 0
  }

  get left(): number {
    return this.end - this.at
  }
}

/**
 * How a statement, or a result of it, ended.
 *
 * @internal
 */
export interface Ending {
  readonly affectedRows: number
  readonly warnings: number
  readonly moreResults: boolean
}

const ending = (affectedRows: number, warnings: number, status: number): Ending => ({
  affectedRows,
  warnings,
  moreResults: (status & MORE_RESULTS) !== 0
})

/** @internal */
export const readOk = (bytes: Uint8Array, start: number, end: number): Ending => {
  const reader = new PacketReader(bytes, start + 1, end)
  const affectedRows = reader.integer() ?? 0
  reader.integer() // the last id
  const status = reader.short()
  return ending(affectedRows, reader.short(), status)
}

/** @internal */
export const readEof = (bytes: Uint8Array, start: number, end: number): Ending => {
  const reader = new PacketReader(bytes, start + 1, end)
  const warnings = reader.short()
  return ending(0, warnings, reader.short())
}

/**
 * What a server refused with.
 *
 * @internal
 */
export interface Refusal {
  readonly errno: number
  readonly sqlState: string
  readonly message: string
}

const HASH = 0x23
const decoder = new TextDecoder()

/** @internal */
export const readError = (bytes: Uint8Array, start: number, end: number): Refusal => {
  const reader = new PacketReader(bytes, start + 1, end)
  const errno = reader.short()
  const marked = reader.peek() === HASH
  const sqlState = marked ? decoder.decode(reader.take(6)).slice(1) : ""
  return { errno, sqlState, message: decoder.decode(reader.take(reader.left)) }
}

/**
 * The name of a column, from its definition: the fifth string, after the catalog, the database, the table, and the
 * table's own name. MariaDB may put more behind the sixth.
 *
 * @internal
 */
export const readColumnName = (bytes: Uint8Array, start: number, end: number): string => {
  const reader = new PacketReader(bytes, start, end)
  for (let i = 0; i < 4; i++) {
    reader.string()
  }
  return decoder.decode(reader.string() ?? new Uint8Array(0))
}

/**
 * The default of a column, from its definition in a list of fields. Each part of that has its length before it, the
 * numbers together too, and the default is the last.
 *
 * @internal
 */
export const readColumnDefault = (bytes: Uint8Array, start: number, end: number): Uint8Array | null => {
  const reader = new PacketReader(bytes, start, end)
  let last: Uint8Array | null = null
  while (reader.left > 0) {
    last = reader.string()
  }
  return last
}

/**
 * Copies of the values of a row.
 *
 * @internal
 */
export const readRow = (
  bytes: Uint8Array,
  start: number,
  end: number,
  columns: number
): ReadonlyArray<Uint8Array | null> => {
  const reader = new PacketReader(bytes, start, end)
  return Array.from({ length: columns }, () => reader.string())
}
