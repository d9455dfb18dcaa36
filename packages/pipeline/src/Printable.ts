/**
 * Text from outside, made fit for a terminal: names and messages that a stranger may have chosen.
 *
 * @since 0.1.0
 */

/** What moves a cursor, changes colours, ends a line, or turns the direction of what follows; halves of characters too. */
const unprintable = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu

const escaped = (character: string): string => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`

/**
 * The text in one line, of at most about `limit` characters, with whatever a terminal would obey or hide written as
 * `\u{1b}`. A line feed with the blanks around it becomes one blank.
 *
 * @example
 * ```ts
 * import { Printable } from "@sluice/pipeline"
 *
 * Printable.line("\u001b[2Jgone\n", 100) // "\\u{1b}[2Jgone"
 * ```
 *
 * @since 0.1.0
 * @category rendering
 */
export const line = (text: string, limit: number): string => {
  const shown = text.length > limit ? text.slice(0, limit) : text
  return shown.replaceAll(/[ \t\r]*\n[ \t\r\n]*/g, " ").trim().replaceAll(unprintable, escaped) +
    (shown.length < text.length ? `... (${text.length} characters)` : "")
}
