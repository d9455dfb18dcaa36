/**
 * Finding what somebody meant.
 *
 * @internal
 */

/** How many letters to add, remove or change to get from one word to the other. */
export const distance = (one: string, other: string): number => {
  let previous = Array.from({ length: other.length + 1 }, (_, column) => column)
  for (let row = 1; row <= one.length; row++) {
    const current = [row]
    for (let column = 1; column <= other.length; column++) {
      const change = (previous[column - 1] ?? 0) + (one[row - 1] === other[column - 1] ? 0 : 1)
      current.push(Math.min(change, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1))
    }
    previous = current
  }
  return previous[other.length] ?? 0
}

/** The closest candidate, if it is close enough to be a slip: at most a third of the letters, and at least two. */
export const nearest = (word: string, candidates: Iterable<string>): string | undefined => {
  let best: string | undefined
  let least = Math.max(2, Math.floor(word.length / 3)) + 1
  for (const candidate of candidates) {
    const letters = distance(word, candidate)
    if (letters < least) {
      least = letters
      best = candidate
    }
  }
  return best
}

/** A word for a message: in quotes, on one line, and not longer than a line. */
export const quote = (word: string): string => JSON.stringify(word.length > 60 ? `${word.slice(0, 57)}...` : word)
