/**
 * The value of an ENUM column that is none of its members, index 0, and members that are the same as one before them.
 *
 * A lenient session leaves them behind. The first reads as an empty string; where that is a member too, it would become
 * that one, as the others would become the first of their likes. But what is no member and a number is taken for an
 * index, so a zero that is no member is index 0. That is how we write it, and the others by their index.
 *
 * A strict session of MySQL, and of MariaDB from 11, takes such a zero; for others there is `noMemberRetry`.
 *
 * @internal
 */
const quoted = /'((?:[^']|'')*)'/g

/** Whether some collation may take the member for as many zeros. */
const mayEqual = (member: string, zeros: string): boolean => {
  const digits = member.match(/\p{N}/gu) ?? []
  return digits.length === zeros.length && digits.every((digit) => !/[1-9]/.test(digit))
}

const membersOf = (definition: string): ReadonlyArray<string> =>
  Array.from(definition.matchAll(quoted), ([, member]) => member ?? "")

/** The same for members that some collation takes for each other, as far as letters, accents and blanks go. */
const likeness = (member: string): string => member.normalize("NFKD").replace(/\p{M}/gu, "").toUpperCase().trimEnd()

/** The most characters that servers look at as a number. */
const LONGEST = 5

/**
 * Zeros that are not a member of the ENUM of this definition; none when all of them are.
 *
 * @internal
 */
export const zeros = (definition: string): string | undefined => {
  const members = membersOf(definition)
  return Array.from({ length: LONGEST }, (_, i) => "0".repeat(i + 1))
    .find((zeros) => !members.some((member) => mayEqual(member, zeros)))
}

/**
 * Whether this is a SET with an empty string among its members: alone, it reads as nothing at all does. Read as a number
 * it is told apart.
 *
 * @internal
 */
export const isAmbiguous = (definition: string): boolean => /^set\((?:'(?:[^']|'')*',)*''[,)]/i.test(definition)

/**
 * The members that a server may take for one before them, by index, each as a number that is no member itself.
 *
 * @internal
 */
export const repeated = (definition: string): ReadonlyArray<readonly [index: number, number: string]> => {
  const members = membersOf(definition)
  const seen = new Set<string>()
  const indexes = members.flatMap((member, i) => {
    const like = likeness(member)
    const isKnown = seen.has(like)
    seen.add(like)
    return isKnown ? [i + 1] : []
  })
  const lengths = new Set(members.map((member) => member.match(/\p{N}/gu)?.length ?? 0))
  return indexes.flatMap((index) => {
    const number = Array.from({ length: LONGEST }, (_, i) => String(index).padStart(i + 1, "0"))
      .find(({ length }) => !lengths.has(length))
    return number === undefined ? [] : [[index, number]]
  })
}

/**
 * Reads the column with a number for what its text does not say.
 *
 * @internal
 */
export const read = (definition: string, column: string): string => {
  const zero = zeros(definition)
  const others = repeated(definition)
  const told = others.length === 0
    ? column
    : `CASE ${column} + 0 ${
      others.map(([index, number]) => `WHEN ${index} THEN '${number}'`).join(" ")
    } ELSE ${column} END`
  return zero === undefined ? told : `IF(${column} + 0 = 0, '${zero}', ${told})`
}
