/** The name and the first phone of a contact card (vCard 2.1 to 4.0, as phones write it). Pure. */
import type { Contact } from '../../message.ts'

/** Cards carry photos; what names a person stands at their beginning. */
const MAX_CHARACTERS = 65_536
const MAX_CARDS = 100

export function contactsOf(cards: readonly unknown[]): readonly Contact[] {
  return cards
    .slice(0, MAX_CARDS)
    .filter((card) => typeof card === 'string')
    .map(contactOf)
}

export function contactOf(card: string): Contact {
  // A long line goes on after a line break and a blank.
  const lines = card
    .slice(0, MAX_CHARACTERS)
    .replace(/\r?\n[ \t]/g, '')
    .split(/\r?\n/)
  const name = textIn(lines, 'FN') ?? textIn(lines, 'N')?.split(';').filter(Boolean).join(' ')
  const phone = phoneOf(lines)
  return { name: unescaped(name ?? ''), ...(phone !== undefined && { phone }) }
}

function textIn(lines: readonly string[], property: string): string | undefined {
  for (const line of lines) {
    const colon = line.indexOf(':')
    const value = line.slice(colon + 1).trim()
    if (colon > 0 && nameOf(line.slice(0, colon)) === property && value !== '') return value
  }
  return undefined
}

/** `item1.TEL;type=CELL` → TEL */
function nameOf(head: string): string {
  const [property = ''] = head.split(';')
  return property
    .slice(property.lastIndexOf('.') + 1)
    .trim()
    .toUpperCase()
}

/** `TEL;waid=79001234567:+7 900 123-45-67`: what WhatsApp knows of the number goes first. */
function phoneOf(lines: readonly string[]): string | undefined {
  const phones = lines.filter((line) => nameOf(line.split(':')[0] ?? '') === 'TEL')
  const known = phones.map((line) => /;waid=(\d{5,20})/i.exec(line)?.[1]).find(Boolean)
  if (known !== undefined) return known
  const [first = ''] = phones
  const digits = first.slice(first.indexOf(':') + 1).replace(/\D/g, '')
  return digits === '' ? undefined : digits
}

function unescaped(value: string): string {
  return value.replace(/\\([,;\\nN])/g, (_, one: string) => (one.toLowerCase() === 'n' ? ' ' : one))
}
