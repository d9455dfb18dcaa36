/**
 * The machine that cuts SQL text into statements: one pass over the bytes, at any cut of them.
 *
 * @internal
 */
import * as B from "./bytes.js"
import { isEscaped, SHORT } from "./lexer.js"

/** @internal */
export type Terminator = "lexed" | "line" | "guarded"

/** @internal */
export interface Piece {
  readonly bytes: Uint8Array
  readonly position: number
  readonly offset: number
}

/** @internal */
export interface Failure {
  readonly reason: "TooLong" | "Unterminated"
  readonly inside: "statement" | "literal" | "comment"
  readonly position: number
  readonly offset: number
}

/** Between tokens, and before a statement. */
const CODE = 0
/** Behind `-`, `--`, a slash, a slash and a star, and those with an `M`, when these may begin a comment. */
const DASH = 1
const DASH_DASH = 2
const SLASH = 3
const SLASH_STAR = 4
const SLASH_STAR_M = 5
/** In a block comment; behind a star in it; in a comment that ends with its line. */
const COMMENT = 6
const COMMENT_STAR = 7
const LINE_COMMENT = 8
/** In quotes; behind a backslash in them. */
const QUOTED = 9
const ESCAPED = 10
/** Behind a star that may end an executable comment. */
const STAR = 11
/** Behind a `;` that ends the statement when a line feed or the end of the text follows. */
const SEMICOLON = 12

/** Marks the bytes at which the machine stops while it is between tokens. */
const stops = (bytes: ReadonlyArray<number>): Uint8Array => {
  const table = new Uint8Array(256)
  for (const byte of bytes) {
    table[byte] = 1
  }
  return table
}

const lexedStops = stops([
  B.DOUBLE_QUOTE,
  B.HASH,
  B.SINGLE_QUOTE,
  B.STAR,
  B.DASH,
  B.SLASH,
  B.SEMICOLON,
  B.BACKTICK
])
const guardedStops = stops([B.SEMICOLON])

/** Room for more than this is only made when it is needed. */
const LARGE = 4 * 1024 * 1024

const nothing = new Uint8Array(0)

/** @internal */
export class Splitter {
  private state = CODE
  /** The quote that ends the literal we are in. */
  private quote = 0
  private executable = false
  /** Bytes of a statement have been seen. */
  private started = false
  /** All bytes seen of the statement may turn out to begin a comment. */
  private tentative = false
  /** What earlier pushes brought of the statement: the first `carried` bytes of `carry`. */
  private carry = nothing
  private carried = 0
  /** The last statement that was carried, whose memory is used again when it is lent. */
  private lent = nothing
  /** How much room the next statement that spans pushes may want. */
  private hint = 0
  /** Bytes of all earlier pushes. */
  private before = 0
  private begin = 0
  private emitted = 0
  private failure: Failure | undefined = undefined

  constructor(
    private readonly terminator: Terminator,
    private readonly maximum: number,
    private readonly lends: boolean
  ) {}

  /** Appends the statements that `bytes` completes to `out`. */
  push(bytes: Uint8Array, out: Array<Piece>): Failure | undefined {
    if (this.failure !== undefined) {
      return this.failure
    }
    const lexed = this.terminator === "lexed"
    const guarded = this.terminator === "guarded"
    const table = guarded ? guardedStops : lexedStops
    const end = bytes.length
    let at = 0
    // Where the statement begins in these bytes; what is carried stands before it.
    let start = 0
    while (at < end && this.failure === undefined) {
      switch (this.state) {
        case CODE: {
          if (!this.started) {
            while (at < end && B.isBlank(bytes[at] ?? 0)) {
              at += 1
            }
            if (at === end) {
              break
            }
            const first = bytes[at] ?? 0
            if (first === B.SEMICOLON) {
              at += 1
              break
            }
            this.begin = this.before + at
            if (first === B.HASH) {
              at += 1
              this.state = LINE_COMMENT
              break
            }
            this.started = true
            start = at
            if (first === B.DASH || first === B.SLASH) {
              at += 1
              this.tentative = true
              this.state = first === B.DASH ? DASH : SLASH
              break
            }
          }
          while (at < end && table[bytes[at] ?? 0] === 0) {
            at += 1
          }
          if (at === end) {
            break
          }
          const byte = bytes[at] ?? 0
          at += 1
          if (byte === B.SEMICOLON) {
            if (!this.executable) {
              if (lexed) {
                this.emit(bytes, start, at - 1, out)
              } else {
                this.state = SEMICOLON
              }
            }
          } else if (byte === B.DASH) {
            this.state = DASH
          } else if (byte === B.SLASH) {
            this.state = SLASH
          } else if (byte === B.HASH) {
            this.state = LINE_COMMENT
          } else if (byte === B.STAR) {
            this.state = this.executable ? STAR : CODE
          } else {
            this.quote = byte
            this.state = QUOTED
          }
          break
        }
        case QUOTED: {
          const quote = this.quote
          const escapes = quote !== B.BACKTICK
          const near = Math.min(end, at + SHORT)
          while (at < near && bytes[at] !== quote) {
            at += escapes && bytes[at] === B.BACKSLASH ? 2 : 1
          }
          if (at < near) {
            at += 1
            this.state = CODE
            break
          }
          if (at > end) {
            at = end
            this.state = ESCAPED
            break
          }
          const close = bytes.indexOf(quote, at)
          const stop = close === -1 ? end : close
          const escaped = escapes && isEscaped(bytes, at, stop)
          if (close === -1) {
            at = end
            this.state = escaped ? ESCAPED : QUOTED
          } else {
            at = close + 1
            this.state = escaped ? QUOTED : CODE
          }
          break
        }
        case ESCAPED: {
          at += 1
          this.state = QUOTED
          break
        }
        case DASH: {
          if (bytes[at] === B.DASH) {
            at += 1
            this.state = DASH_DASH
          } else {
            this.resume()
          }
          break
        }
        case DASH_DASH: {
          const byte = bytes[at] ?? 0
          if (B.isBlankOrControl(byte)) {
            this.comment(LINE_COMMENT)
          } else if (byte === B.DASH && !guarded) {
            at += 1
            this.tentative = false
          } else {
            this.resume()
          }
          break
        }
        case SLASH: {
          if (bytes[at] === B.STAR) {
            at += 1
            this.state = SLASH_STAR
          } else {
            this.resume()
          }
          break
        }
        case SLASH_STAR:
        case SLASH_STAR_M: {
          const byte = bytes[at] ?? 0
          if (byte === B.BANG) {
            at += 1
            this.executable = !guarded
            this.resume()
          } else if (byte === B.LETTER_M && this.state === SLASH_STAR) {
            at += 1
            this.state = SLASH_STAR_M
          } else {
            this.comment(COMMENT)
          }
          break
        }
        case COMMENT: {
          const star = bytes.indexOf(B.STAR, at)
          if (star === -1) {
            at = end
          } else {
            at = star + 1
            this.state = COMMENT_STAR
          }
          break
        }
        case COMMENT_STAR: {
          const byte = bytes[at]
          at += 1
          this.state = byte === B.SLASH ? CODE : byte === B.STAR ? COMMENT_STAR : COMMENT
          break
        }
        case LINE_COMMENT: {
          const feed = bytes.indexOf(B.LF, at)
          if (feed === -1) {
            at = end
          } else {
            at = feed + 1
            this.state = CODE
          }
          break
        }
        case STAR: {
          if (bytes[at] === B.SLASH) {
            at += 1
            this.executable = false
          }
          this.state = CODE
          break
        }
        case SEMICOLON: {
          if (bytes[at] === B.LF) {
            this.emit(bytes, start, at - 1, out)
            at += 1
          } else {
            this.state = CODE
          }
          break
        }
      }
    }
    if (this.failure === undefined && this.started) {
      this.keep(bytes, start)
    }
    this.before += end
    return out.length === 0 ? this.failure : undefined
  }

  /** Says how the text ends. A statement whose `;` is the last byte of the text is appended to `out`. */
  finish(out: Array<Piece>): Failure | undefined {
    if (this.failure !== undefined) {
      return this.failure
    }
    if (this.state === SEMICOLON) {
      this.emit(nothing, 0, -1, out)
      return this.failure
    }
    const open = this.state === DASH_DASH ? !this.tentative : this.state === LINE_COMMENT ? this.started : true
    return open && (this.started || this.state !== CODE) ? this.fail("Unterminated") : undefined
  }

  /** What might have begun a comment did not. */
  private resume(): void {
    this.tentative = false
    this.state = CODE
  }

  private comment(state: number): void {
    if (this.tentative) {
      this.tentative = false
      this.started = false
      this.carried = 0
    }
    this.state = state
  }

  private fail(reason: Failure["reason"]): Failure {
    this.failure = {
      reason,
      inside: this.state === QUOTED || this.state === ESCAPED
        ? "literal"
        : this.state === COMMENT || this.state === COMMENT_STAR || this.state === SLASH_STAR ||
            this.state === SLASH_STAR_M
        ? "comment"
        : "statement",
      position: this.emitted + 1,
      offset: this.begin
    }
    this.carry = nothing
    this.lent = nothing
    this.carried = 0
    return this.failure
  }

  /** The statement ends before `stop`, which is -1 when its `;` is the last byte that was carried. */
  private emit(bytes: Uint8Array, start: number, stop: number, out: Array<Piece>): void {
    const length = this.carried + stop - start
    if (length > this.maximum) {
      this.fail("TooLong")
      return
    }
    const piece = this.carried === 0 ? bytes.subarray(start, stop) : this.take(bytes, stop, length)
    this.emitted += 1
    out.push({ bytes: piece, position: this.emitted, offset: this.begin })
    this.started = false
    this.state = CODE
  }

  private take(bytes: Uint8Array, stop: number, length: number): Uint8Array {
    this.reserve(length)
    if (stop > 0) {
      this.carry.set(bytes.subarray(0, stop), this.carried)
    }
    const whole = this.carry.subarray(0, length)
    this.hint = Math.min(length, LARGE)
    const free = this.lent
    this.lent = this.lends && this.carry.length <= LARGE ? this.carry : nothing
    this.carry = free
    this.carried = 0
    return whole
  }

  /** Copies what these bytes hold of an unfinished statement, because the caller may use them again. */
  private keep(bytes: Uint8Array, start: number): void {
    const length = this.carried + bytes.length - start
    if (!this.tentative && (this.state === SEMICOLON ? length - 1 : length) > this.maximum) {
      this.fail("TooLong")
      return
    }
    this.reserve(length)
    this.carry.set(start === 0 ? bytes : bytes.subarray(start), this.carried)
    this.carried = length
  }

  private reserve(length: number): void {
    if (this.carry.length < length) {
      const roomy = Math.min(this.maximum, Math.max(this.hint, 2 * this.carry.length))
      const grown = new Uint8Array(Math.max(length, roomy))
      grown.set(this.carry.subarray(0, this.carried))
      this.carry = grown
    }
  }
}
