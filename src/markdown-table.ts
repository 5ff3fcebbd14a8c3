/** Tables of the pages that are written from the source. */

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', '\\n')

/** Padded as the formatter of the repository pads it, so that the two never undo each other. */
export function markdownTable(
  titles: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const cells = [titles, ...rows].map((row) => row.map(cell))
  const widths = titles.map((_title, column) =>
    Math.max(...cells.map((row) => (row[column] ?? '').length)),
  )
  const line = (row: readonly string[]): string =>
    `| ${row.map((text, column) => text.padEnd(widths[column] ?? 0)).join(' | ')} |\n`
  const [head = [], ...body] = cells
  const rule = widths.map((width) => '-'.repeat(width))
  return [head, rule, ...body].map(line).join('')
}
