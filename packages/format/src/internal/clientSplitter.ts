/**
 * The machine that cuts a script for the vendors' client programs into its statements.
 *
 * @internal
 */
import * as B from "./bytes.js"
import { classify } from "./classify.js"
import { isSecondHalf, Reading } from "./clientReading.js"

/** @internal */
export type Part =
  | {
    readonly _tag: "Statement"
    readonly bytes: Uint8Array
    /** The same for whoever takes each byte for a letter and a backslash for an escape. */
    readonly plain: Uint8Array
    readonly position: number
    readonly offset: number
  }
  | { readonly _tag: "Remark"; readonly text: string }

/** @internal */
export interface Failure {
  readonly reason: "TooLong" | "Unterminated"
  readonly inside: "statement" | "literal" | "comment"
  readonly position: number
  readonly offset: number
}

/** Where the next byte stands. */
const BETWEEN = 0
const CODE = 1
const QUOTED = 2
const COMMENT = 3
const LINE_COMMENT = 4

const inside = { [BETWEEN]: "statement", [CODE]: "statement", [QUOTED]: "literal", [COMMENT]: "comment" } as const

/** SET statements are short; nothing longer is looked into. */
const longestSet = 8192

/** The first line of MariaDB's dumps since 2024, which its client understands as a command and servers pass over. */
const sandbox = Buffer.from("/*M!999999")
const delimiterWord = Buffer.from("DELIMITER")

const decoder = new TextDecoder("utf-8")

/** @internal */
export class ClientSplitter {
  private readonly reading = new Reading()
  private delimiter: Uint8Array = Buffer.from(";")
  private data = new Uint8Array(1 << 16)
  /** The bytes of `data` that are filled. */
  private end = 0
  /** Where the statement begins, or all that is not looked at yet. */
  private start = 0
  private at = 0
  /** How many bytes of the text came before `data`. */
  private before = 0
  private state: keyof typeof inside | typeof LINE_COMMENT = BETWEEN
  private quote = 0
  private emitted = 0
  private ended = false
  private failure: Failure | undefined = undefined

  constructor(private readonly maximum: number) {}

  /** Appends what `bytes` completes to `out`; statements are views, good until the next push. */
  push(bytes: Uint8Array, out: Array<Part>): Failure | undefined {
    this.makeRoom(bytes.length)
    this.data.set(bytes, this.end)
    this.end += bytes.length
    return this.scan(out)
  }

  finish(out: Array<Part>): Failure | undefined {
    this.ended = true
    return this.scan(out) ?? (this.state === BETWEEN ? undefined : this.fail("Unterminated"))
  }

  private makeRoom(length: number): void {
    const held = this.end - this.start
    const to = held + length > this.data.length
      ? new Uint8Array(Math.max(2 * this.data.length, held + length))
      : this.data
    to.set(this.data.subarray(this.start, this.end))
    this.data = to
    this.before += this.start
    this.at -= this.start
    this.end = held
    this.start = 0
  }

  private fail(reason: Failure["reason"]): Failure {
    this.failure = {
      reason,
      inside: this.state === LINE_COMMENT ? "comment" : inside[this.state],
      position: this.emitted + 1,
      offset: this.before + this.start
    }
    return this.failure
  }

  private scan(out: Array<Part>): Failure | undefined {
    while (this.failure === undefined && this.at < this.end) {
      const at = this.at
      const goesOn = this.state === BETWEEN
        ? this.between(out)
        : this.state === CODE
        ? this.code(out)
        : this.state === QUOTED
        ? this.quoted()
        : this.comment()
      if (!goesOn || (this.at === at && this.state === BETWEEN)) break
    }
    return this.failure ?? (this.end - this.start > this.maximum ? this.fail("TooLong") : undefined)
  }

  /** Behind what has come stands nothing, whatever the memory still holds. */
  private peek(at: number): number {
    return at < this.end ? this.data[at] ?? 0 : 0
  }

  private is(word: Uint8Array, at: number): boolean {
    return at + word.length <= this.end && word.every((byte, i) => this.data[at + i] === byte)
  }

  /** Whether more has to come before it is known what stands here. */
  private lacks(length: number): boolean {
    return !this.ended && this.at + length > this.end
  }

  private indexOf(byte: number, from: number): number {
    const found = this.data.indexOf(byte, from)
    return found === -1 || found >= this.end ? -1 : found
  }

  /** The end of the line that begins here, or -1 when it has not come yet. */
  private lineEnd(): number {
    const end = this.indexOf(B.LF, this.at)
    return end === -1 && this.ended ? this.end : end
  }

  private isLineComment(at: number): boolean {
    return this.peek(at) === B.HASH ||
      (this.peek(at) === B.DASH && this.peek(at + 1) === B.DASH && B.isBlankOrControl(this.peek(at + 2)))
  }

  /** What stands between slash and star is text to a server when a `!` or an `M!` follows. */
  private isBlockComment(at: number): boolean {
    return this.peek(at) === B.SLASH && this.peek(at + 1) === B.STAR && (
      this.is(sandbox, at) ||
      (this.peek(at + 2) !== B.BANG && !(this.peek(at + 2) === B.LETTER_M && this.peek(at + 3) === B.BANG))
    )
  }

  private between(out: Array<Part>): boolean {
    while (this.at < this.end && B.isBlank(this.data[this.at] ?? 0)) this.at += 1
    this.start = this.at
    if (this.at === this.end || this.lacks(sandbox.length)) return false
    if (this.is(this.delimiter, this.at)) {
      this.at += this.delimiter.length
      return true
    }
    if (this.isLineComment(this.at)) {
      const end = this.lineEnd()
      if (end === -1) return false
      out.push({
        _tag: "Remark",
        text: decoder.decode(this.data.subarray(this.at, end)).replace(/^(?:--|#)/, "").trim()
      })
      this.at = end
      return true
    }
    if (this.isBlockComment(this.at)) {
      this.state = COMMENT
      this.at += 2
      return true
    }
    const word = decoder.decode(this.data.subarray(this.at, Math.min(this.end, this.at + delimiterWord.length + 1)))
    if (/^DELIMITER\s/i.test(word)) {
      const end = this.lineEnd()
      if (end === -1) return false
      const said = decoder.decode(this.data.subarray(this.at + delimiterWord.length, end)).trim().split(/\s/)[0] ?? ""
      this.delimiter = said === "" ? this.delimiter : Buffer.from(said)
      this.at = end
      return true
    }
    this.state = CODE
    return true
  }

  private code(out: Array<Part>): boolean {
    const first = this.delimiter[0]
    while (this.at < this.end) {
      const byte = this.data[this.at] ?? 0
      if (byte === first && this.lacks(this.delimiter.length)) return false
      if (byte === first && this.is(this.delimiter, this.at)) {
        this.emit(out)
        return true
      }
      if (byte === B.SINGLE_QUOTE || byte === B.DOUBLE_QUOTE || byte === B.BACKTICK) {
        this.quote = byte
        this.state = QUOTED
        this.at += 1
        return true
      }
      if (byte === B.HASH || byte === B.DASH || byte === B.SLASH) {
        if (this.lacks(sandbox.length)) return false
        if (byte !== B.SLASH && this.isLineComment(this.at)) {
          this.state = LINE_COMMENT
          return true
        }
        if (this.isBlockComment(this.at)) {
          this.state = COMMENT
          this.at += 2
          return true
        }
      }
      this.at += 1
    }
    return false
  }

  private quoted(): boolean {
    const escapes = this.quote !== B.BACKTICK && !this.reading.plainBackslash
    const { halves } = this.reading
    while (this.at < this.end) {
      const byte = this.data[this.at] ?? 0
      const mayBeTwo = halves[byte] === 1 || (escapes && byte === B.BACKSLASH)
      if (mayBeTwo && this.lacks(2)) return false
      if (halves[byte] === 1 ? isSecondHalf(this.peek(this.at + 1)) : mayBeTwo) {
        this.at = Math.min(this.at + 2, this.end)
        continue
      }
      this.at += 1
      if (byte === this.quote) {
        this.state = CODE
        return true
      }
    }
    return false
  }

  /** In a comment, of which kind it may be. One before a statement is passed over, one in it belongs to it. */
  private comment(): boolean {
    const ofLine = this.state === LINE_COMMENT
    const end = this.indexOf(ofLine ? B.LF : B.STAR, this.at)
    if (end === -1) {
      this.at = this.end
      if (ofLine && this.ended) this.state = CODE
      return false
    }
    this.at = end
    if (!ofLine) {
      if (this.lacks(2)) return false
      this.at += 1
      if (this.peek(this.at) !== B.SLASH) return true
      this.at += 1
    }
    this.state = this.isBlockComment(this.start) ? BETWEEN : CODE
    return true
  }

  private emit(out: Array<Part>): void {
    let end = this.at
    while (B.isBlank(this.data[end - 1] ?? 0)) end -= 1
    const bytes = this.data.subarray(this.start, end)
    const plain = this.reading.plain(bytes)
    this.emitted += 1
    out.push({ _tag: "Statement", bytes, plain, position: this.emitted, offset: this.before + this.start })
    const kind = bytes.length <= longestSet ? classify(bytes) : undefined
    if (kind?._tag === "Set") this.reading.follow(kind)
    this.at += this.delimiter.length
    this.start = this.at
    this.state = BETWEEN
  }
}
