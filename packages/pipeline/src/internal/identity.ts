/**
 * What marks one backup.
 *
 * @internal
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"

const two = (n: number): string => String(n).padStart(2, "0")

/**
 * The local time to the second, as mydumper writes it.
 *
 * @internal
 */
export const localTime: Effect.Effect<string> = Effect.map(Clock.currentTimeMillis, (millis) => {
  const date = new Date(millis)
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${
    two(date.getMinutes())
  }:${two(date.getSeconds())}`
})

/**
 * 128 random bits in hexadecimal digits.
 *
 * @internal
 */
export const random: Effect.Effect<string> = Effect.map(
  Effect.replicateEffect(Random.nextIntBetween(0, 0x1_0000_0000), 4),
  (words) => words.map((word) => word.toString(16).padStart(8, "0")).join("")
)
