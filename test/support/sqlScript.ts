/**
 * Scripts for the `mysql` program: statements with DELIMITER lines between them, which no server understands.
 */

/** What a delimiter may stand in without ending anything. */
const covered = /'(?:[^'\\]|\\[\s\S]|'')*'|"(?:[^"\\]|\\[\s\S]|"")*"|`[^`]*`|(?:--(?=\s)|#).*|\/\*[\s\S]*?\*\//y
const command = /DELIMITER[ \t]+(\S+).*/iy

/**
 * The statements of a script, in order, without their delimiters and without the comments before them.
 */
export const statements = (script: string): ReadonlyArray<string> => {
  const found: Array<string> = []
  let delimiter = ";"
  let at = 0
  let start = 0
  const matched = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at
    return pattern.exec(script)
  }
  const end = () => {
    const statement = script.slice(start, at).trim()
    if (statement !== "") {
      found.push(statement)
    }
  }
  while (at < script.length) {
    const isBetween = script.slice(start, at).trim() === ""
    const delimited = isBetween ? matched(command) : null
    const cover = matched(covered)
    if (delimited !== null) {
      delimiter = delimited[1] ?? delimiter
      at += delimited[0].length
      start = at
    } else if (cover !== null) {
      at += cover[0].length
      start = isBetween && /^(?:--|#|\/\*(?!!))/.test(cover[0]) ? at : start
    } else if (script.startsWith(delimiter, at)) {
      end()
      at += delimiter.length
      start = at
    } else {
      at += 1
    }
  }
  end()
  return found
}
