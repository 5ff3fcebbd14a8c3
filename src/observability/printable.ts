/**
 * Text of other people on its way to a terminal. Control codes can move the cursor, recolour the
 * screen or hide what was written, and bidi controls can turn a line around: none gets through.
 */

/** C0, DEL, C1; the bidi marks, embeddings, overrides and isolates; line and paragraph separators. */
const CONTROLS = /[\p{Cc}\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069\uFEFF]/gu

/** One line: controls are dropped, line breaks and tabs become blanks. */
export function printable(text: string): string {
  return text.replace(/[\t\n\r\u2028\u2029]+/g, ' ').replace(CONTROLS, '')
}

/** Lines as the writer broke them, each printable. */
export function printableLines(text: string): string[] {
  return text.split(/\r\n|[\n\r\u2028\u2029]/).map(printable)
}

/** JSON that says the same to a parser and nothing to a terminal. */
export function printableJson(value: unknown): string {
  return JSON.stringify(value, null, 2).replace(CONTROLS, (control) =>
    control === '\n' ? control : `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
