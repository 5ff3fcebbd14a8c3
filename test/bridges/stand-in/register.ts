/**
 * Puts stand-ins in the place of the libraries of bridges, for a process that is started with
 * `node --import` of this file: the command runs as it is, without WhatsApp.
 */
import { registerHooks } from 'node:module'

const STAND_INS: Readonly<Record<string, string>> = {
  '@whiskeysockets/baileys': new URL('./baileys.ts', import.meta.url).href,
  'venom-bot': new URL('./venom.ts', import.meta.url).href,
}

registerHooks({
  resolve(specifier, context, next) {
    const url = STAND_INS[specifier]
    return url === undefined ? next(specifier, context) : { url, shortCircuit: true }
  },
})
