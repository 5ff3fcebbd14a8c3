/** Figures of several runs beside each other, as people read them: one row a figure. */

export type Column = Readonly<Record<string, string | number>>

export function tableOf(columns: ReadonlyMap<string, Column>): string {
  const rows = [...new Set([...columns.values()].flatMap((column) => Object.keys(column)))]
  const nameWidth = Math.max(...rows.map(({ length }) => length))
  const widths = [...columns].map(([name, column]) =>
    Math.max(name.length, ...Object.values(column).map((cell) => String(cell).length)),
  )
  const line = (name: string, cells: readonly (string | number)[]): string =>
    [name.padEnd(nameWidth), ...cells.map((cell, i) => String(cell).padStart(widths[i] ?? 0))].join(
      '  ',
    )
  return [
    line('', [...columns.keys()]),
    ...rows.map((row) =>
      line(
        row,
        [...columns.values()].map((column) => column[row] ?? ''),
      ),
    ),
  ].join('\n')
}
