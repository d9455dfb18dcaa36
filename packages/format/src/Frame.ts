/**
 * The frames of a stream: a header with a file's name and size, then that many bytes of content.
 *
 * ```text
 * stream  := { frame }
 * frame   := 0A "-- " name " " size 0A content
 * ```
 *
 * The grammar is mydumper's. `size` is a decimal count of bytes; in a header-only stream it is 0 and no content
 * follows. Nothing marks the end of a stream but its last file, `metadata`: that rule is kept by the reader of
 * files, not by this module.
 *
 * @since 0.1.0
 */
import * as Data from "effect/Data"
import * as Either from "effect/Either"

/**
 * What a decoder has seen.
 *
 * `Content` is a view on the bytes that were pushed: who keeps it copies it.
 *
 * @since 0.1.0
 * @category models
 */
export type Event = Data.TaggedEnum<{
  readonly Header: { readonly name: string; readonly size: number }
  readonly Content: { readonly bytes: Uint8Array }
  /** All the content that the last header announced has been seen. */
  readonly End: { readonly name: string }
}>

/**
 * @since 0.1.0
 * @category constructors
 */
export const Event = Data.taggedEnum<Event>()

/**
 * Why bytes are not a stream of frames. `offset` counts from the first byte of the stream.
 *
 * @since 0.1.0
 * @category errors
 */
export class FrameError extends Data.TaggedError("FrameError")<{
  readonly reason: "NotAStream" | "Cut" | "Garbage" | "BadHeader" | "Empty"
  readonly offset: number
  /** The file in whose frame, or after whose frame, it happened. */
  readonly file: string | undefined
  readonly detail: string
}> {
  /** @since 0.1.0 */
  override get message(): string {
    const where = `at byte ${this.offset}${this.file === undefined ? "" : ` (${this.file})`}`
    return `${this.detail}, ${where}`
  }
}

/**
 * The longest header line, in bytes, that is accepted.
 *
 * @since 0.1.0
 * @category limits
 */
export const maximumHeader = 1024

/**
 * How many bytes before the first header may be something else, such as a warning that a shell let into the pipe.
 *
 * @since 0.1.0
 * @category limits
 */
export const maximumNoise = 64 * 1024

const encoder = new TextEncoder()

/**
 * The header of a frame. `size` is in bytes; 0 announces a file that is found in a shared directory.
 *
 * @since 0.1.0
 * @category encoding
 */
export const header = (name: string, size: number): Uint8Array => encoder.encode(`\n-- ${name} ${size}\n`)

/**
 * Takes a stream apart, however its input is cut.
 *
 * @since 0.1.0
 * @category models
 */
export interface Decoder {
  /** Takes the next bytes of the stream. After a failure the decoder is spent. */
  readonly push: (bytes: Uint8Array) => Either.Either<ReadonlyArray<Event>, FrameError>
  /** Says that the stream has ended; fails if it ended inside a frame or before the first one. */
  readonly finish: () => Either.Either<void, FrameError>
}

const LF = 0x0a
const marker = encoder.encode("-- ")
const utf8 = new TextDecoder("utf-8", { fatal: false })
const isBlank = (byte: number): boolean => byte === LF || byte === 0x0d || byte === 0x20 || byte === 0x09

type State =
  /** Before the first header. */
  | { readonly _tag: "Noise" }
  /** After a frame: a line feed and the next header, blanks, or the end. */
  | { readonly _tag: "Between"; seenLine: boolean }
  | { readonly _tag: "Header"; readonly first: boolean }
  | { readonly _tag: "Content"; readonly name: string; readonly size: number; left: number }

interface HeaderLine {
  readonly name: string
  readonly size: number
}

/** Reads `name size`; the size is behind the last space, so that a name may hold one. A number is written in one way. */
const readHeader = (line: string): HeaderLine | undefined => {
  const space = line.lastIndexOf(" ")
  const name = line.slice(0, space)
  const size = line.slice(space + 1)
  return space < 1 || !/^(?:0|[1-9]\d{0,14})$/.test(size) ? undefined : { name, size: Number(size) }
}

/**
 * Makes a decoder.
 *
 * Accepted beyond the grammar, because mydumper's own loader accepts it: text of at most `maximumNoise` bytes
 * before the first header, a first header without its line feed, and blanks between frames. Anything else fails.
 *
 * @since 0.1.0
 * @category decoding
 */
export const decoder = (): Decoder => {
  let state: State = { _tag: "Noise" }
  // the bytes of an unfinished line of noise or header; never longer than maximumHeader
  let line = new Uint8Array(maximumHeader)
  let held = 0
  let offset = 0
  let previous: string | undefined = undefined
  const fail = (reason: FrameError["reason"], detail: string): Either.Either<never, FrameError> =>
    Either.left(new FrameError({ reason, offset, file: previous, detail }))

  const beginContent = (text: string, events: Array<Event>): Either.Either<void, FrameError> => {
    const parsed = readHeader(text)
    if (parsed === undefined) {
      return fail("BadHeader", `a frame's header cannot be read: ${JSON.stringify(text.slice(0, 120))}`)
    }
    previous = parsed.name
    events.push(Event.Header(parsed))
    if (parsed.size === 0) {
      events.push(Event.End({ name: parsed.name }))
      state = { _tag: "Between", seenLine: false }
    } else {
      state = { _tag: "Content", name: parsed.name, size: parsed.size, left: parsed.size }
    }
    return Either.void
  }

  const push = (bytes: Uint8Array): Either.Either<ReadonlyArray<Event>, FrameError> => {
    const events: Array<Event> = []
    let at = 0
    while (at < bytes.length) {
      if (state._tag === "Content") {
        const take = Math.min(state.left, bytes.length - at)
        events.push(Event.Content({ bytes: bytes.subarray(at, at + take) }))
        at += take
        offset += take
        state.left -= take
        if (state.left === 0) {
          events.push(Event.End({ name: state.name }))
          state = { _tag: "Between", seenLine: false }
        }
        continue
      }
      const byte = bytes[at] ?? 0
      at += 1
      offset += 1
      if (state._tag === "Between") {
        if (byte === LF) {
          state.seenLine = true
        } else if (byte === marker[0] && state.seenLine) {
          held = 1
          line[0] = byte
          state = { _tag: "Header", first: false }
        } else if (!isBlank(byte)) {
          return fail(
            "Garbage",
            `0x${byte.toString(16).padStart(2, "0")} came where the next file or the end should be`
          )
        }
        continue
      }
      if (byte === LF) {
        const text = utf8.decode(line.subarray(0, Math.min(held, line.length)))
        const isHeader = text.startsWith("-- ")
        const wasTooLong = held > line.length
        held = 0
        if (state._tag === "Header") {
          if (!isHeader || wasTooLong) {
            return fail("Garbage", "a line that is not a frame's header")
          }
        } else if (!isHeader || wasTooLong || readHeader(text.slice(3)) === undefined) {
          if (offset > maximumNoise) {
            return fail("NotAStream", `no frame in the first ${maximumNoise} bytes: this is not a dump stream`)
          }
          continue
        }
        const begun = beginContent(text.slice(3), events)
        if (Either.isLeft(begun)) {
          return Either.left(begun.left)
        }
        continue
      }
      if (held < line.length) {
        line[held] = byte
      } else if (state._tag === "Header") {
        return fail("BadHeader", `a frame's header is longer than ${maximumHeader} bytes`)
      }
      held += 1
      if (state._tag === "Noise" && offset > maximumNoise) {
        return fail("NotAStream", `no frame in the first ${maximumNoise} bytes: this is not a dump stream`)
      }
    }
    return Either.right(events)
  }

  const finish = (): Either.Either<void, FrameError> => {
    line = new Uint8Array(0)
    switch (state._tag) {
      case "Noise":
        return offset === 0
          ? fail("Empty", "the input is empty")
          : fail("NotAStream", "no frame was found: this is not a dump stream")
      case "Header":
        return fail("Cut", "the stream ends inside a frame's header")
      case "Content":
        return fail(
          "Cut",
          `it should have ${state.size} bytes and ${state.size - state.left} came before the stream ended`
        )
      case "Between":
        return Either.void
    }
  }
  return { push, finish }
}
