import { describe, it } from 'node:test'
import { assertHas } from '../../../test/providers/has.ts'
import {
  GROUP,
  IMAGE,
  LID,
  MESSAGE,
  one,
  PERSON,
  PICTURE,
  US,
  wid,
} from '../../../test/providers/samples/venom.ts'

describe('a message of a Venom bridge', () => {
  const contents: Record<string, [object, object]> = {
    'an image, whose body is a picture': [
      { ...IMAGE, caption: 'вот', deprecatedMms3Url: 'https://mmg/x.enc' },
      { type: 'image', text: 'вот', media: { mimeType: 'image/jpeg' } },
    ],
    'an image without a caption': [IMAGE, { type: 'image', text: '' }],
    'an image with the caption of a bridge': [
      { ...IMAGE, message: 'вот', mediaUrl: 'https://f/x.jpg' },
      { text: 'вот', media: { mimeType: 'image/jpeg', url: 'https://f/x.jpg' } },
    ],
    'an image with a picture for a caption': [
      { ...IMAGE, message: PICTURE.repeat(4) },
      { text: '' },
    ],
    'a picture of which nobody says what it is': [
      { type: undefined, body: PICTURE.repeat(4), content: PICTURE.repeat(4), caption: 'вот' },
      { type: 'image', text: 'вот' },
    ],
    'a picture as the text of a bridge': [
      { type: undefined, body: undefined, content: undefined, message: PICTURE.repeat(4) },
      { type: 'image', text: '' },
    ],
    'an image whose body is no picture': [{ ...IMAGE, body: 'вот такой' }, { text: 'вот такой' }],
    'a file in the call': [
      { ...IMAGE, base64: PICTURE, filename: 'x.jpg' },
      { media: { base64: PICTURE, mimeType: 'image/jpeg', fileName: 'x.jpg' } },
    ],
    'a file as a browser gives it': [
      { type: 'image', body: '', content: '', media: `data:image/png;base64,${PICTURE}` },
      { media: { base64: PICTURE, mimeType: 'image/png' } },
    ],
    'a file of our own format': [
      {
        body: undefined,
        content: undefined,
        type: undefined,
        message: 'вот',
        media: { url: 'https://f/x', mimeType: 'video/mp4' },
      },
      { type: 'video', text: 'вот', media: { url: 'https://f/x', mimeType: 'video/mp4' } },
    ],
    'a voice message': [
      { type: 'ptt', body: undefined, content: undefined, mimetype: 'audio/ogg; codecs=opus' },
      { type: 'voice', text: '', media: { mimeType: 'audio/ogg; codecs=opus' } },
    ],
    'a document': [
      { type: 'document', body: PICTURE, content: PICTURE, filename: 'x.pdf' },
      { type: 'document', text: '', media: { fileName: 'x.pdf' } },
    ],
    'a place': [
      {
        type: 'location',
        body: PICTURE,
        content: PICTURE,
        lat: 55.7,
        lng: 37.6,
        loc: 'ГУМ\nМосква',
      },
      {
        type: 'location',
        text: '',
        location: { latitude: 55.7, longitude: 37.6, name: 'ГУМ', address: 'Москва' },
      },
    ],
    'a place that is nowhere': [
      { type: 'location', body: PICTURE, content: PICTURE },
      { type: 'unsupported', text: '' },
    ],
    'a card': [
      { type: 'vcard', body: 'BEGIN:VCARD\nFN:Иван\nTEL;waid=79007654321:+7', content: '' },
      { type: 'contact', text: '', contacts: [{ name: 'Иван', phone: '79007654321' }] },
    ],
    'two cards': [
      { type: 'multi_vcard', body: '', vcardList: [{ vcard: 'FN:А' }, { vcard: 'FN:Б' }] },
      { contacts: [{ name: 'А' }, { name: 'Б' }] },
    ],
    'a button': [
      { type: 'buttons_response', body: 'Да', selectedButtonId: 'yes' },
      { type: 'button', text: 'Да', payload: 'yes' },
    ],
    'a list entry': [
      {
        type: 'list_response',
        body: 'Ногти',
        listResponse: { singleSelectReply: { selectedRowId: 'n' } },
      },
      { type: 'list', text: 'Ногти', payload: 'n' },
    ],
    'what nobody knows': [
      { type: 'poll_creation', body: 'Когда?' },
      { type: 'unsupported', text: '' },
    ],
    'an answer to another message': [
      { quotedMsgObj: { type: 'chat', body: 'На 14:00?' }, quotedStanzaID: '3EB09' },
      { quoted: { id: '3EB09', text: 'На 14:00?' } },
    ],
    'an answer to a picture': [
      { quotedMsgObj: { type: 'image', body: PICTURE, caption: 'вот' }, quotedStanzaId: '3EB09' },
      { quoted: { id: '3EB09', text: 'вот' } },
    ],
    'an answer to a picture without a caption': [
      { quotedMsg: { type: 'image', body: PICTURE }, quotedStanzaId: '3EB09' },
      { quoted: { id: '3EB09' } },
    ],
    'an answer in our own format': [{ quoted: 'На 14:00?' }, { quoted: { text: 'На 14:00?' } }],
    'a person with a hidden phone': [
      { from: LID, sender: { id: wid(LID) } },
      { peer: LID, address: LID, aliases: undefined },
    ],
    'a person with both addresses': [
      { from: LID },
      { peer: '79001234567', address: LID, aliases: [LID] },
    ],
    'a person whose sender is another phone': [
      { sender: { id: wid('79007654321@c.us') } },
      { peer: '79001234567', aliases: undefined },
    ],
    'a message to a group': [
      { from: GROUP, chatId: wid(GROUP), author: PERSON, isGroupMsg: true },
      { peer: GROUP, address: GROUP, author: '79001234567', mentioned: false },
    ],
    'a message to a group, by its writer': [
      { from: PERSON, chatId: GROUP, isGroupMsg: true },
      { peer: GROUP, author: '79001234567' },
    ],
    'a message to us in a group': [
      { from: GROUP, chatId: GROUP, author: LID, mentionedJidList: [US] },
      { author: LID, mentioned: true },
    ],
  }
  for (const [name, [body, expected]] of Object.entries(contents)) {
    it(`is ${name}`, () =>
      assertHas(one({ ...MESSAGE, ...body }), { kind: 'message', ...expected }))
  }
})
