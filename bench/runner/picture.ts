/** A bench as one SVG: a bar to the median, a line from the least to the greatest value. */
import type { Picture } from './bench.ts'
import { withUnit } from './table.ts'

const WIDTH = 760
const LABEL = 250
const ROW = 26
const RIGHT = 120

export function svg(title: string, footer: string, pictures: readonly Picture[]): string {
  const parts: string[] = []
  let y = 34
  for (const picture of pictures) {
    parts.push(text(12, y + 18, picture.title, 'class="head"'))
    y += 30
    for (const bar of barsOf(picture, y)) parts.push(bar)
    y += picture.bars.length * ROW + 14
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${y + 26}" font-family="sans-serif" font-size="13">
<title>${escaped(title)}</title>
<style>text{fill:#222}.head{font-weight:bold}.small{font-size:10px;fill:#666}</style>
<rect width="100%" height="100%" fill="#fff"/>
${text(12, 24, title, 'font-size="17"')}
${parts.join('\n')}
${text(12, y + 14, footer, 'class="small"')}
</svg>
`
}

function barsOf({ bars, unit }: Picture, top: number): string[] {
  const most = Math.max(...bars.map(({ spread }) => spread.max), Number.MIN_VALUE)
  const scale = (value: number): number => (value / most) * (WIDTH - LABEL - RIGHT)
  return bars.map(({ label, spread }, row) => {
    const y = top + row * ROW
    const [least, median, greatest] = [spread.min, spread.median, spread.max].map(scale) as [
      number,
      number,
      number,
    ]
    return [
      text(LABEL - 8, y + 15, label, 'text-anchor="end"'),
      `<rect x="${LABEL}" y="${y + 3}" width="${median.toFixed(1)}" height="16" fill="#4a90a4"/>`,
      `<path d="M${(LABEL + least).toFixed(1)} ${y + 11}H${(LABEL + greatest).toFixed(1)}" stroke="#222" stroke-width="2"/>`,
      text(LABEL + greatest + 8, y + 15, withUnit(spread.median, unit), ''),
    ].join('\n')
  })
}

function text(x: number, y: number, content: string, attributes: string): string {
  return `<text x="${x.toFixed(1)}" y="${y}" ${attributes}>${escaped(content)}</text>`
}

function escaped(content: string): string {
  return content.replace(/&/g, '&amp;').replace(/</g, '&lt;')
}
