/**
 * What a dump may cost the server and those who work on it.
 *
 * @since 0.1.0
 */
import type * as Duration from "effect/Duration"

/**
 * What becomes of statements of others that run for long when a lock is to be taken. The lock would wait for them, and
 * while it waits nobody else writes.
 *
 * @since 0.1.0
 * @category models
 */
export interface LongQueries {
  /** What runs for more than that many seconds is long. */
  readonly seconds: number
  /** How often to look again before giving up, and how long to wait each time. */
  readonly retries: number
  readonly interval: Duration.DurationInput
  /** Whether they are ended rather than waited for. Never those of replication and of the server's own events. */
  readonly kill: boolean
}

/**
 * When to stop reading for a while.
 *
 * @since 0.1.0
 * @category models
 */
export interface Throttle {
  /** The name of a status variable, such as `Threads_running`, of which the dump's own are taken off. */
  readonly variable: string
  /** The most that it may be. */
  readonly most: number
  /** How long to wait before it is looked at again. */
  readonly every: Duration.DurationInput
}
