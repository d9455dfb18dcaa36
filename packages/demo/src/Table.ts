/**
 * Texts in columns.
 *
 * @since 0.1.0
 */

/**
 * Bytes as people read them.
 *
 * @since 0.1.0
 * @category rendering
 */
export const megabytes = (bytes: number): string =>
  bytes < 1000 ? `${bytes} B` : bytes < 1_000_000 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`

/**
 * How many there are of something.
 *
 * @since 0.1.0
 * @category rendering
 */
export const counted = (count: number, one: string): string => `${count} ${one}${count === 1 ? "" : "s"}`

/**
 * A table with a head, whose numbers stand to the right.
 *
 * @since 0.1.0
 * @category rendering
 */
export const render = (
  columns: ReadonlyArray<{ readonly title: string; readonly right?: boolean }>,
  rows: ReadonlyArray<ReadonlyArray<string>>
): ReadonlyArray<string> => {
  const widths = columns.map(({ title }, i) => Math.max(title.length, ...rows.map((row) => (row[i] ?? "").length)))
  const line = (cells: ReadonlyArray<string>) =>
    columns.map(({ right }, i) => (cells[i] ?? "")[right === true ? "padStart" : "padEnd"](widths[i] ?? 0)).join("  ")
      .trimEnd()
  return [line(columns.map(({ title }) => title)), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)]
}
