/**
 * What the bridges assume of their libraries, held against the libraries' own types. It is compiled
 * by a test and never run.
 */
import * as baileys from '@whiskeysockets/baileys'
import * as venom from 'venom-bot'
import type { BaileysEventTable, BaileysModule } from '../../../src/bridges/baileys-socket.ts'
import type { VenomClient, VenomModule } from '../../../src/bridges/venom-client.ts'

export const baileysModule: BaileysModule = baileys
export const venomModule: VenomModule = venom

/** Each event that is listened to tells at least what we read of it. */
export const told: {
  [Name in keyof BaileysEventTable]: baileys.BaileysEventMap[Name] extends BaileysEventTable[Name]
    ? true
    : Name
} = {
  'creds.update': true,
  'connection.update': true,
  'messages.upsert': true,
  'messages.update': true,
  'messages.reaction': true,
  'presence.update': true,
}

export const client = (real: venom.Whatsapp): VenomClient => real

// @ts-expect-error: there is no such method, so the types are there and are looked at.
export const wrong: VenomClient = { ...client({} as venom.Whatsapp), sendText: 5 }
