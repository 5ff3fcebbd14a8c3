import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { statusOfAck, typeOfMime, typeOfWord, typingOf } from './words.ts'

const table = <T>(read: (given: T) => unknown, rows: readonly (readonly [T, unknown])[]) => {
  for (const [given, expected] of rows) {
    it(`${JSON.stringify(given)} is ${expected}`, () => assert.equal(read(given), expected))
  }
}

describe('a type of WhatsApp Web', () => {
  table(typeOfWord, [
    ['chat', 'chat'],
    ['ptt', 'voice'],
    ['ptv', 'video'],
    ['vcard', 'contact'],
    ['multi_vcard', 'contact'],
    ['list_response', 'list'],
    ['buttons_response', 'button'],
    ['template_button_reply', 'button'],
    ['poll_creation', 'unsupported'],
    ['edit', 'unsupported'],
    ['revoke', 'unsupported'],
  ])
})

describe('a type of file', () => {
  table(typeOfMime, [
    ['audio/ogg; codecs=opus', 'voice'],
    ['audio/ogg;codecs="opus"', 'voice'],
    ['audio/mpeg', 'audio'],
    ['image/jpeg', 'image'],
    ['image/webp', 'sticker'],
    ['video/mp4', 'video'],
    ['application/pdf', 'document'],
    [undefined, 'document'],
  ])
})

describe('an acknowledgement', () => {
  table(statusOfAck, [
    [-1, 'failed'],
    [0, null],
    [1, 'sent'],
    [2, 'delivered'],
    [3, 'read'],
    [4, 'read'],
    ['3', 'read'],
    [null, null],
    ['x', null],
  ])
})

describe('a state of somebody who writes', () => {
  table(typingOf, [
    ['composing', 'composing'],
    ['typing', 'composing'],
    ['RECORDING', 'recording'],
    ['paused', 'paused'],
    ['available', 'paused'],
    ['UNAVAILABLE', 'paused'],
    ['online', null],
    ['', null],
  ])
})
