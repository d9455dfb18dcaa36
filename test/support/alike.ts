/**
 * Comparing what may be long. The difference of two long texts, worked out letter by letter, takes minutes and fills
 * screens; where it begins is found at once.
 */
import { assert } from "@effect/vitest"

const shown = 60

const excerpt = (text: string | undefined, at: number): string =>
  text === undefined ? "nothing" : JSON.stringify(text.slice(Math.max(0, at - 20), at + shown))

/** Holds that two values print alike, and says where they begin not to. */
export const assertAlike = (actual: unknown, expected: unknown, what: string): void => {
  const [left, right] = [actual, expected].map((value) => JSON.stringify(value, null, 1).split("\n"))
  const line = (left ?? []).findIndex((text, i) => text !== right?.[i])
  const differs = line === -1 ? left?.length !== right?.length ? left?.length ?? 0 : -1 : line
  if (differs === -1) return
  const [have, want] = [left?.[differs], right?.[differs]]
  const at = Array.from(have ?? "").findIndex((letter, i) => letter !== Array.from(want ?? "")[i])
  assert.fail(`${excerpt(have, at)} instead of ${excerpt(want, at)}, ${what.slice(0, 300)}`)
}
