/**
 * The value of an ENUM column that is none of its members: index 0.
 *
 * A lenient session leaves it behind, and it reads as an empty string. Where that is a member too, it would become that
 * one. But what is no member and a number is taken for an index, so a zero that is no member is index 0. That is how
 * we write it.
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

/** The most characters that servers look at as a number. */
const LONGEST = 5

/**
 * Zeros that are not a member of the ENUM of this definition; none when all of them are.
 *
 * @internal
 */
export const zeros = (definition: string): string | undefined => {
  const members = Array.from(definition.matchAll(quoted), ([, member]) => member ?? "")
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
 * Reads the column with zeros for what is no member.
 *
 * @internal
 */
export const read = (definition: string, column: string): string => {
  const found = zeros(definition)
  return found === undefined ? column : `IF(${column} + 0 = 0, '${found}', ${column})`
}
