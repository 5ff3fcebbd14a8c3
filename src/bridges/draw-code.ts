/** Draws a code to scan with the letters of a terminal. */
import { renderUnicodeCompact } from 'uqr'

export const drawCode = (code: string): string => renderUnicodeCompact(code)
