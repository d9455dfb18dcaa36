/**
 * The bytes that mean something in SQL text, by name.
 *
 * @internal
 */

/** @internal */
export const TAB = 0x09
/** @internal */
export const LF = 0x0a
/** @internal */
export const CR = 0x0d
/** @internal */
export const SPACE = 0x20
/** @internal */
export const BANG = 0x21
/** @internal */
export const DOUBLE_QUOTE = 0x22
/** @internal */
export const HASH = 0x23
/** @internal */
export const SINGLE_QUOTE = 0x27
/** @internal */
export const OPEN = 0x28
/** @internal */
export const CLOSE = 0x29
/** @internal */
export const STAR = 0x2a
/** @internal */
export const COMMA = 0x2c
/** @internal */
export const DASH = 0x2d
/** @internal */
export const DOT = 0x2e
/** @internal */
export const SLASH = 0x2f
/** @internal */
export const SEMICOLON = 0x3b
/** @internal */
export const EQUALS = 0x3d
/** @internal */
export const AT = 0x40
/** @internal */
export const LETTER_M = 0x4d
/** @internal */
export const BACKSLASH = 0x5c
/** @internal */
export const BACKTICK = 0x60

/** @internal */
export const isBlank = (byte: number): boolean => byte === SPACE || (byte >= TAB && byte <= CR)

/**
 * Whether two dashes before this byte begin a comment.
 * https://dev.mysql.com/doc/refman/8.4/en/ansi-diff-comments.html
 *
 * @internal
 */
export const isBlankOrControl = (byte: number): boolean => byte <= SPACE || byte === 0x7f
