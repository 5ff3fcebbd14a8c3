/**
 * A Baileys that does what the process above tells it to: it emits messages, notes in a file what it
 * was told to send, and dies at the moment that is asked for.
 */
import { EventEmitter } from 'node:events'
import type {
  BaileysContent,
  BaileysModule,
  BaileysSocket,
} from '../../../src/bridges/baileys-socket.ts'
import { note } from './notes.ts'

export interface Order {
  /** Texts of messages to emit, an event each. */
  readonly emit?: readonly string[]
  /** Ends the process at once: after emitting, or in the next send, before or after it is noted. */
  readonly die?: 'now' | 'before-sent' | 'after-sent'
  /** A connection that ends with this status. */
  readonly close?: number
  readonly code?: string
  /** An error that nobody takes. */
  readonly orphan?: string
}

const die = (): void => {
  process.kill(process.pid, 'SIGKILL')
}

let dieInSend: Order['die']
let connections = 0

export const useMultiFileAuthState: BaileysModule['useMultiFileAuthState'] = async () => ({
  state: {},
  saveCreds: async () => undefined,
})

export const makeWASocket: BaileysModule['makeWASocket'] = () => {
  const ev = new EventEmitter()
  const obey = ({ emit = [], die: how, close, code, orphan }: Order): void => {
    for (const text of emit) {
      const key = { remoteJid: '79001234567@s.whatsapp.net', fromMe: false, id: text }
      const messageTimestamp = Math.floor(Date.now() / 1000)
      const messages = [{ key, message: { conversation: text }, messageTimestamp }]
      ev.emit('messages.upsert', { messages, type: 'notify' })
      note(`emitted ${text}`)
    }
    if (how === 'now') die()
    dieInSend = how
    if (orphan !== undefined) void Promise.reject(new Error(orphan))
    if (code !== undefined) ev.emit('connection.update', { qr: code })
    if (close === undefined) return
    process.off('message', obey)
    const error = Object.assign(new Error('closed'), { output: { statusCode: close } })
    ev.emit('connection.update', { connection: 'close', lastDisconnect: { error } })
  }
  process.on('message', obey)
  setImmediate(() => {
    ev.emit('connection.update', { connection: 'open' })
    connections += 1
    process.send?.({ connections })
  })
  const socket: Omit<BaileysSocket, 'ev'> = {
    ws: new EventEmitter(),
    sendMessage: async (jid, content, options = {}) => {
      console.log('a library talks about its sessions')
      if (dieInSend === 'before-sent') die()
      note(`sent ${options.messageId} to ${jid}: ${textOf(content)}`)
      if (dieInSend === 'after-sent') die()
      return { key: { id: options.messageId ?? 'RANDOM' } }
    },
    sendPresenceUpdate: async () => undefined,
    presenceSubscribe: async () => undefined,
    readMessages: async () => undefined,
    end: () => undefined,
  }
  return { ...socket, ev: Object.assign(ev, { flush: () => true }) }
}

const textOf = (content: BaileysContent): string => ('text' in content ? content.text : 'reaction')
